{#- The order of the lines that tell one query: who began first holds, then who ended last. A line that states no end
    is around nothing: it holds where no line states one. -#}
{% macro outermost_first(queries) -%}
    ({{ queries }}.latency_ms is null), {{ queries }}.occurred_at, {{ queries }}.latency_ms desc,
    {{ queries }}.span_id, {{ queries }}.query_key
{%- endmacro %}
