{% macro days_after(day, days) -%}
    {{ adapter.dispatch('days_after', 'assay')(day, days) }}
{%- endmacro %}

{% macro default__days_after(day, days) -%}
    ({{ day }} + ({{ days }}))
{%- endmacro %}

{% macro spark__days_after(day, days) -%}
    date_add({{ day }}, {{ days }})
{%- endmacro %}
