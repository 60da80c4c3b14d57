{#- What one of the three meters knows of a query's calls. -#}
{% macro meter_status(known_calls, word, otherwise) -%}
    case
        when cost_calls = 0 then 'no_calls'
        when {{ known_calls }} = cost_calls then '{{ word }}'
        when {{ known_calls }} > 0 then 'partly_{{ word }}'
        else {{ otherwise }}
    end
{%- endmacro %}
