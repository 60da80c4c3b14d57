{#- The Monday of the local week that a day falls into. -#}
{% macro week_of(day) -%}
    {{ adapter.dispatch('week_of', 'assay')(day) }}
{%- endmacro %}

{#- Postgres would take a date to a moment in the session's zone and back. 1970-01-05 was a Monday. -#}
{% macro default__week_of(day) -%}
    ({{ day }} - (({{ day }} - date '1970-01-05') % 7 + 7) % 7)
{%- endmacro %}

{% macro spark__week_of(day) -%}
    cast(date_trunc('week', {{ day }}) as date)
{%- endmacro %}
