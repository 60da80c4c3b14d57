{#- Stock dbt truncates a seed, which waits for its readers and makes others wait, or drops it with every view
    on it. Rows are replaced in place, also where the file has other columns. -#}
{% macro postgres__reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
    {%- set types = [] -%}
    {%- for name in agate_table.column_names -%}
        {%- set inferred = adapter.convert_type(agate_table, loop.index0) -%}
        {%- do types.append(model.config.get('column_types', {}).get(name, inferred)) -%}
    {%- endfor -%}
    {%- set shaped = [
        assay.quoted(old_relation), assay.quoted_array(agate_table.column_names), assay.quoted_array(types)
    ] | join(', ') -%}
    {%- do assay.do_sql('select ops.keep_seed(' ~ assay.quoted(old_relation) ~ ')') -%}
    {%- do assay.do_sql('select ops.shape_seed(' ~ shaped ~ ')') -%}
    {{ return('delete from ' ~ old_relation) }}
{%- endmacro %}


{#- Rows take effect at once, for models as well that stand by what the rows were. -#}
{% macro postgres__load_csv_rows(model, agate_table) -%}
    {%- set sql = dbt.default__load_csv_rows(model, agate_table) -%}
    {%- do assay.do_sql('select ops.seed_loaded(' ~ assay.quoted(this) ~ ')') -%}
    {{ return(sql) }}
{%- endmacro %}
