{#- The first day of the month that a day falls into. -#}
{% macro month_of(day) -%}
    cast(date_trunc('month', {{ day }}) as date)
{%- endmacro %}


{% macro last_day_of_month(day) -%}
    {{ days_after("cast(date_trunc('month', " ~ day ~ ") + interval '1 month' as date)", -1) }}
{%- endmacro %}
