{#- Whether a line is of one of our own scorers. Anybody may call a score `success` or `complexity`, on any scale: their
    lines stay evaluations, and what we say we read from ours alone. -#}
{% macro by_assay() -%}
    (source = 'assay')
{%- endmacro %}
