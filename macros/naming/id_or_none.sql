{#- Exporters say "none" by an empty id. Landing reads it so; rows that landed before it did have the empty one. Not for
    ids of queries: the indexes of raw logs are on references to them as they are. -#}
{% macro id_or_none(id) -%}
    nullif({{ id }}, '')
{%- endmacro %}
