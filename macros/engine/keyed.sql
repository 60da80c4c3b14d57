{#- Between the marks stands the whole relation. A refresh reads only the rows of its keys: see `rewritten`. -#}
{% macro keyed(relation, columns) -%}
    /*keyed {{ relation }} by {{ columns if columns is string else columns | join(', ') }}*/{{ relation }}/*end*/
{%- endmacro %}
