{#- Days between two moments, with their fraction. -#}
{% macro days_apart(earlier, later) -%}
    {{ adapter.dispatch('days_apart', 'assay')(earlier, later) }}
{%- endmacro %}

{% macro default__days_apart(earlier, later) -%}
    (cast(extract(epoch from {{ later }} - {{ earlier }}) as double precision) / 86400)
{%- endmacro %}

{% macro spark__days_apart(earlier, later) -%}
    ((unix_millis({{ later }}) - unix_millis({{ earlier }})) / 86400000)
{%- endmacro %}
