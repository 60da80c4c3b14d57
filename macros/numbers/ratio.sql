{% macro ratio(numerator, denominator) -%}
    {{ to_double(numerator) }} / nullif({{ denominator }}, 0)
{%- endmacro %}
