{#- State adds up integers: milliseconds of a clock become whole microseconds. -#}
{% macro to_micros(milliseconds) -%}
    cast(round({{ milliseconds }} * 1000) as bigint)
{%- endmacro %}
