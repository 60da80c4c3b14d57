{#- What the plain rules ask for, in one place; each is a var of the project. -#}
{% macro alert_when(what) -%}
    {%- set defaults = {
        'minimum_queries_to_alert': 100,
        'latency_p95_rise_to_alert': 0.2,
        'cost_per_query_rise_to_alert': 0.2,
        'success_rate_fall_to_alert': 0.02,
        'quality_fall_to_alert': 0.03,
    } -%}
    {{ var(what, defaults[what]) }}
{%- endmacro %}
