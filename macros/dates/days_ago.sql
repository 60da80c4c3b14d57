{#- Asks the clock, as `milliseconds_since` does. -#}
{% macro days_ago(days) -%}
    current_timestamp - interval '{{ days }} days'
{%- endmacro %}
