{#- The order of the lines that tell one query: who began first holds, then who ended last. A line that states no end
    is around nothing: it holds where no line states one. -#}
{% macro outermost_first(queries=none) -%}
    {%- set of = queries ~ '.' if queries else '' -%}
    ({{ of }}latency_ms is null), {{ of }}occurred_at, {{ of }}latency_ms desc, {{ of }}span_id, {{ of }}query_key
{%- endmacro %}
