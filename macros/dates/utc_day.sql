{#- The day of providers' invoices, whatever zone the marts report in. -#}
{% macro utc_day(moment) -%}
    {{ adapter.dispatch('utc_day', 'assay')(moment) }}
{%- endmacro %}

{% macro default__utc_day(moment) -%}
    cast({{ moment }} at time zone 'UTC' as date)
{%- endmacro %}

{% macro spark__utc_day(moment) -%}
    cast(to_utc_timestamp({{ moment }}, 'UTC') as date)
{%- endmacro %}
