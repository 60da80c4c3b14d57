{% macro shape_table(kind, relation, compiled, key) -%}
    {%- if config.get('contract').enforced -%}
        {%- do get_assert_columns_equivalent(compiled) -%}
    {%- endif -%}
    {%- set measures = [] -%}
    {%- if kind == 'additive' -%}
        {%- for column in get_column_schema_from_query(compiled) if column.name not in key -%}
            {%- do measures.append(column.name) -%}
        {%- endfor -%}
    {%- endif -%}
    {#- Upserts find room on the page of the row that they replace. -#}
    {%- set fill = 80 if kind == 'additive' else 95 -%}
    {%- call statement('shape', fetch_result=true) -%}
        select ops.shape_table({{ [
            assay.quoted(relation), assay.quoted(compiled), assay.quoted_array(measures), fill
        ] | join(', ') }})
    {%- endcall -%}
    {%- if load_result('shape').table[0][0] -%}
        {#- Altering locks readers out until it is committed, and filling takes long. In between the table is
            stale, and no refresh touches it. -#}
        {%- do assay.do_sql(
            'update ops.model set is_stale = true where target = ' ~ assay.quoted(target.schema)
            ~ ' and schema_name = ' ~ assay.quoted(relation.schema) ~ ' and name = ' ~ assay.quoted(relation.identifier)
        ) -%}
        {%- do adapter.commit() -%}
        {%- do assay.do_sql('select ops.lock_refresh()') -%}
    {%- endif -%}
{%- endmacro %}


{#- After the rows: an index over rows that are there is cheaper than rows into an index. -#}
{% macro finish_table(kind, relation, key) -%}
    {%- set grain = key if kind == 'additive' else config.get('meta').grain -%}
    {%- set columns = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
    {%- set never_null = columns if kind == 'additive' else (grain + key) | unique | list -%}
    {%- do assay.do_sql(
        'select ops.require_values(' ~ assay.quoted(relation) ~ ', ' ~ assay.quoted_array(never_null) ~ ')'
    ) -%}
    {#- A row of the grain has one key, so that the two together are as unique as the grain: one index does both. -#}
    {%- do assay.ensure_index(relation, (key + grain) | unique | list, unique=true) -%}
    {%- for index in config.get('indexes', []) -%}
        {%- do assay.ensure_index(relation, index.columns, index.get('unique', false)) -%}
    {%- endfor -%}
    {%- do assay.do_sql('analyze ' ~ relation) -%}
{%- endmacro %}


{% macro ensure_index(relation, columns, unique=false) -%}
    {%- set name = relation.identifier[:40] ~ '_' ~ local_md5(columns | join(','))[:12] -%}
    {%- do assay.do_sql(
        'create ' ~ ('unique ' if unique else '') ~ 'index if not exists "' ~ name ~ '" on ' ~ relation ~ ' (' ~ columns | join(', ') ~ ')'
    ) -%}
{%- endmacro %}
