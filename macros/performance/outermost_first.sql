{#- The order of the lines that tell one query: who began first holds, then who ended last. -#}
{% macro outermost_first(queries=none) -%}
    {%- set of = queries ~ '.' if queries else '' -%}
    {{ of }}occurred_at, coalesce({{ of }}latency_ms, 0) desc, {{ of }}span_id, {{ of }}query_key
{%- endmacro %}
