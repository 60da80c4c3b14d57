{#- The zone is named because a view is evaluated in its reader's session: without it, a reader in a
    half-hour zone would see other hours. -#}
{% macro hour_of(moment) -%}
    {{ adapter.dispatch('hour_of', 'assay')(moment) }}
{%- endmacro %}

{% macro default__hour_of(moment) -%}
    date_trunc('hour', {{ moment }}, 'UTC')
{%- endmacro %}

{% macro spark__hour_of(moment) -%}
    date_trunc('hour', {{ moment }})
{%- endmacro %}
