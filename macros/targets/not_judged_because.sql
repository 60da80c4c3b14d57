{% macro not_judged_because(sample) -%}
    case
        when {{ sample }} = 0 then 'nothing_to_judge'
        when {{ sample }} < {{ var('minimum_queries_to_judge') }} then 'too_few'
    end
{%- endmacro %}
