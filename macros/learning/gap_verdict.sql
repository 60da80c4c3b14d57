{#- Columns of `gap_effects` that stand on rows with `not_judged_because`. -#}
{% macro when_judged(expression) -%}
    case when not_judged_because is null then {{ expression }} end
{%- endmacro %}


{#- Fewer dissatisfied is better, more successes are. -#}
{% macro gap_verdict() -%}
    case
        when not_judged_because is not null then 'not_judged'
        when rate_after - rate_before - compared_change - reach > 0
            then case when metric = 'success_rate' then 'better' else 'worse' end
        when rate_after - rate_before - compared_change + reach < 0
            then case when metric = 'success_rate' then 'worse' else 'better' end
        else 'cannot_tell'
    end
{%- endmacro %}
