{#- Between the marks stands the whole relation. A refresh reads only the rows of its keys: see `rewritten`.
    Without rows of its own to make (a dimension that is left-joined), a change of it matters only to keys that
    stand in the model already. -#}
{% macro keyed(relation, columns, makes_rows=true) -%}
    /*{{ 'keyed' if makes_rows else 'joined' }} {{ relation }} by {{ columns if columns is string else columns | join(', ') }}*/{{ relation }}/*end*/
{%- endmacro %}
