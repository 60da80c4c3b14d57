{#- Where no session was logged, silence longer than this ends one. 30 minutes is what web analytics agreed on. -#}
{% macro session_gap_minutes() -%}
    {{ var('session_gap_minutes') }}
{%- endmacro %}
