{#- Overrides the adapter's own, which calls every array `ARRAY`: no unit test could then give a row to a
    model that reads one. -#}
{% macro postgres__get_columns_in_relation(relation) -%}
    {%- call statement('columns', fetch_result=true) -%}
        select
            attname as column_name,
            format_type(atttypid, atttypmod) as data_type,
            null as character_maximum_length,
            null as numeric_precision,
            null as numeric_scale
        from pg_attribute
        where attrelid = to_regclass('{{ relation }}') and attnum > 0 and not attisdropped
        order by attnum
    {%- endcall -%}
    {{ return(sql_convert_columns_in_relation(load_result('columns').table)) }}
{%- endmacro %}
