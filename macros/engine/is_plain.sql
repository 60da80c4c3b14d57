{% macro is_plain() -%}
    {{ return(var('engine', 'plain' if target.name == 'plain' else 'refresh') == 'plain') }}
{%- endmacro %}
