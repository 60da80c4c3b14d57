{#- Rows for which a condition holds; null counts as false. For plain rows, where `count_where` is for changes. -#}
{% macro count_if(condition) -%}
    count(case when {{ condition }} then 1 end)
{%- endmacro %}
