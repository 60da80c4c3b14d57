{#- A day that the reader of a mart asks for: `set assay.first_day = '2026-01-01'`. Null where nobody did. -#}
{% macro asked_day(which) -%}
    {{ adapter.dispatch('asked_day', 'assay')(which) }}
{%- endmacro %}

{% macro default__asked_day(which) -%}
    cast(nullif(current_setting('assay.{{ which }}', true), '') as date)
{%- endmacro %}

{% macro spark__asked_day(which) -%}
    cast(nullif('${assay.{{ which }}}', '') as date)
{%- endmacro %}
