{#- At the end of a step: what it computes is not copied into every place that a later step uses it. Postgres
    would take a logarithm ten times a row for one histogram. -#}
{% macro computed_once() -%}
    {{ adapter.dispatch('computed_once', 'assay')() }}
{%- endmacro %}

{% macro default__computed_once() -%}
    offset 0
{%- endmacro %}

{% macro spark__computed_once() -%}
{%- endmacro %}
