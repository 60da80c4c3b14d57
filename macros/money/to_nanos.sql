{% macro to_nanos(amount) -%}
    cast(round({{ amount }} * 1000000000) as bigint)
{%- endmacro %}
