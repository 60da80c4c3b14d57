{#- What an evaluator said of a query, from `scores`: one row an evaluator, of a name of ours and of others' two. -#}
{% macro score_of(evaluator, metric, ours=true) -%}
    max(
        case
            when scores.evaluator = '{{ evaluator }}' and {{ 'not ' if not ours }}scores.is_ours
                then {{ to_double(json_text('scores.metrics', metric)) }}
        end
    )
{%- endmacro %}

{% macro label_of(evaluator) -%}
    max(case when scores.evaluator = '{{ evaluator }}' and scores.is_ours then scores.label end)
{%- endmacro %}
