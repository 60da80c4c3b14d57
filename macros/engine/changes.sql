{#- Between the marks stands the whole relation. A refresh puts its change set there: see `rewritten`. -#}
{% macro changes(relation) -%}
    /*changes of {{ relation }}*/(select *, 1 as sign from {{ relation }})/*end*/
{%- endmacro %}
