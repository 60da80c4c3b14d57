{#- A relation that is not keyed by the model's key, such as prices: a refresh reads it whole. Which keys a change
    in it touches is told by a view over logs: one row for each key and batch that could matter to it. -#}
{% macro looked_up(relation, told_by, columns) -%}
    /*looked_up {{ told_by }} by {{ columns if columns is string else columns | join(', ') }} for {{ relation }}*/{{ relation }}/*end*/
{%- endmacro %}
