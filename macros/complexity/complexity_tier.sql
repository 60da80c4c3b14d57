{#- 0.5 itself is low: its authors left it open. -#}
{% macro complexity_tier(complexity) -%}
    case
        when {{ complexity }} > {{ var('high_complexity_above') }} then 'high'
        when {{ complexity }} > {{ var('medium_complexity_above') }} then 'medium'
        when {{ complexity }} is not null then 'low'
        else 'not_judged'
    end
{%- endmacro %}
