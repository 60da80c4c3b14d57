{#- When a local day begins. Where the clock is set forward at midnight, the first instant after. -#}
{% macro local_midnight(day) -%}
    {{ adapter.dispatch('local_midnight', 'assay')(day) }}
{%- endmacro %}

{% macro default__local_midnight(day) -%}
    (cast({{ day }} as timestamp) at time zone '{{ var("reporting_timezone") }}')
{%- endmacro %}

{% macro spark__local_midnight(day) -%}
    to_utc_timestamp({{ day }}, '{{ var("reporting_timezone") }}')
{%- endmacro %}
