{#- What most failures of a group are; a dislike says more beside how sure the assistant was. -#}
{% macro pattern_symptom() -%}
    case
        when errors + refused + disliked = 0 then null
        when errors >= refused and errors >= disliked then 'errors'
        when refused >= disliked then 'refused'
        when average_confidence < usual_confidence then 'disliked_and_unsure'
        when average_confidence is not null then 'disliked_though_sure'
        else 'disliked'
    end
{%- endmacro %}


{#- What a reader of feedback_patterns sees, from `lifted` and `fixes`. A group is failing where even the low end of its
    lift is above one, or would be if the others failed half a time; how urgent that is goes by its share of all failures that would not be there otherwise. -#}
{% macro pattern_columns() -%}
    {%- set excess = 'lifted.occurrences - lifted.queries * lifted.other_failure_rate' -%}
    {%- set share = '(' ~ excess ~ ') / nullif(lifted.all_occurrences, 0)' -%}
    lifted.queries,
    lifted.occurrences,
    lifted.errors,
    lifted.refused,
    lifted.disliked,
    lifted.liked,
    lifted.failure_rate,
    lifted.other_failure_rate,
    lifted.lift,
    lifted.lift * exp(-lifted.log_reach) as lift_low,
    lifted.lift * exp(lifted.log_reach) as lift_high,
    case
        when lifted.lift is not null then null
        when lifted.other_queries > 0 then 'others_never_fail'
        else 'nothing_to_judge'
    end as lift_not_judged_because,
    case when lifted.is_failing then 'failing' else 'not_proven' end as verdict,
    case when lifted.other_queries > 0 then greatest({{ excess }}, 0) end as excess_failures,
    case
        when not lifted.is_failing then 'none'
        when {{ share }} >= {{ var('high_priority_share') }} then 'high'
        when {{ share }} >= {{ var('medium_priority_share') }} then 'medium'
        else 'low'
    end as priority,
    lifted.ratings,
    {{ average_of_millionths('lifted.rating_millionths', 'lifted.ratings') }} as average_rating,
    lifted.average_confidence,
    lifted.symptom,
    case when lifted.is_failing then fixes.suggested_fix end as suggested_fix
{%- endmacro %}
