{% macro local_day(moment) -%}
    {{ adapter.dispatch('local_day', 'assay')(moment) }}
{%- endmacro %}

{% macro default__local_day(moment) -%}
    cast({{ moment }} at time zone '{{ var("reporting_timezone") }}' as date)
{%- endmacro %}

{% macro spark__local_day(moment) -%}
    cast(from_utc_timestamp({{ moment }}, '{{ var("reporting_timezone") }}') as date)
{%- endmacro %}
