{#- Stock dbt truncates a seed, which waits for its readers and makes others wait, or drops it with every view
    on it. Rows are replaced in place; only other columns make another table. -#}
{% macro postgres__reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
    {%- set standing = adapter.get_columns_in_relation(old_relation) | map(attribute='name') | list -%}
    {%- if standing != agate_table.column_names | list -%}
        {{ return(default__reset_csv_table(model, true, old_relation, agate_table)) }}
    {%- endif -%}
    {%- do assay.do_sql('delete from ' ~ old_relation) -%}
    {{ return('delete from ' ~ old_relation) }}
{%- endmacro %}
