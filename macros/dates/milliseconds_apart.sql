{#- Milliseconds between two moments, with their fraction. -#}
{% macro milliseconds_apart(earlier, later) -%}
    ({{ days_apart(earlier, later) }} * 86400000)
{%- endmacro %}
