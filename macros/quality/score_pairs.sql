{#- Who is compared with whom: the first is checked against the second. -#}
{% macro score_pairs() -%}
    select 'answer_quality' as evaluator, 'judge' as reference
    union all
    select 'answer_quality' as evaluator, 'people' as reference
    union all
    select 'judge' as evaluator, 'people' as reference
{%- endmacro %}


{#- What one of them said of a query. People: their own grade, else what their feedback comes to. -#}
{% macro score_by(who) -%}
    case {{ who }}
        when 'answer_quality' then scores.quality
        when 'judge' then scores.judged_quality
        else coalesce(
            scores.human_quality,
            case
                when scores.positive_feedback > scores.negative_feedback then 1.0
                when scores.positive_feedback < scores.negative_feedback then 0.0
            end
        )
    end
{%- endmacro %}


{#- Whole twentieths, 0 to 20: as fine as ranks have to be, and few enough to be kept by pairs. Cut off, not rounded:
    what is below a border of twentieths stays below it. -#}
{% macro score_step(score) -%}
    cast(floor({{ score }} * 20) as integer)
{%- endmacro %}
