{% macro to_double(expression) -%}
    {{ adapter.dispatch('to_double', 'assay')(expression) }}
{%- endmacro %}

{% macro default__to_double(expression) -%}
    cast({{ expression }} as double precision)
{%- endmacro %}

{% macro spark__to_double(expression) -%}
    cast({{ expression }} as double)
{%- endmacro %}
