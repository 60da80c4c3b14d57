{#- Between the marks stands a finer family of sums. A refresh puts there by how much each of its cells changed: a sum
    of these is a sum of those. They have no sign, and nothing else may be asked of them: half of a cell may come. -#}
{% macro sums(relation) -%}
    /*sums of {{ relation }}*/(select * from {{ relation }})/*end*/
{%- endmacro %}
