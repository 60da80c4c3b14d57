{% macro labelled(dimension) -%}
    coalesce({{ dimension }}, '(none)')
{%- endmacro %}
