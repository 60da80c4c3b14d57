{% macro source_relation(source_name, table_name) -%}
    cast('{{ source_name }}.{{ table_name }}' as {{ dbt.type_string() }})
{%- endmacro %}
