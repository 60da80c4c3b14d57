{#- Whose score a query's tier goes by. -#}
{% macro complexity_source(logged, computed) -%}
    case
        when {{ logged }} is not null then 'logged'
        when {{ computed }} is not null then 'computed'
        else 'not_judged'
    end
{%- endmacro %}
