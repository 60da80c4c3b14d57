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
            assay.quoted(relation), assay.quoted(compiled), assay.quoted_array(measures),
            assay.quoted_array(assay.never_null(kind, key, measures)),
            assay.quoted_array(assay.wanted_indexes(kind, relation, key) | map(attribute='made_as')), fill
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
        {#- Only the driver's first statement begins a transaction by itself. -#}
        {%- do assay.do_sql('begin') -%}
        {%- do assay.do_sql('select ops.lock_refresh()') -%}
    {%- endif -%}
{%- endmacro %}


{#- Of a table whose rows stay: its grain, its indexes, or the engine that made them may have been others. -#}
{% macro loosen_table(kind, relation, key) -%}
    {%- call statement('loosened', fetch_result=true) -%}
        select ops.loosen_table({{ [
            assay.quoted(relation),
            assay.quoted_array(assay.never_null(kind, key, assay.column_names(relation))),
            assay.quoted_array(assay.wanted_indexes(kind, relation, key) | map(attribute='made_as')),
        ] | join(', ') }})
    {%- endcall -%}
    {%- if load_result('loosened').table[0][0] -%}
        {%- do assay.index_table(kind, relation, key) -%}
        {%- do assay.require_values(kind, relation, key) -%}
    {%- endif -%}
{%- endmacro %}


{#- After the rows: an index over rows that are there is cheaper than rows into an index. -#}
{% macro index_table(kind, relation, key) -%}
    {%- for index in assay.wanted_indexes(kind, relation, key) -%}
        {%- do assay.do_sql(
            'create ' ~ index.unique ~ 'index if not exists "' ~ index.name ~ '" on ' ~ relation ~ ' (' ~ index.columns | join(', ') ~ ')'
        ) -%}
    {%- endfor -%}
{%- endmacro %}


{#- Last, since a column that stood without it locks readers out from here to the commit. -#}
{% macro require_values(kind, relation, key) -%}
    {%- set columns = assay.never_null(kind, key, assay.column_names(relation)) -%}
    {%- do assay.do_sql(
        'select ops.require_values(' ~ assay.quoted(relation) ~ ', ' ~ assay.quoted_array(columns) ~ ')'
    ) -%}
{%- endmacro %}


{% macro grain_of(kind, key) -%}
    {{ return(key if kind == 'additive' else config.get('meta').grain) }}
{%- endmacro %}


{% macro never_null(kind, key, columns) -%}
    {{ return((key + (columns if kind == 'additive' else assay.grain_of(kind, key))) | unique | list) }}
{%- endmacro %}


{#- Named by their columns, so that a second build finds them. A row of the grain has one key, so that the two
    together are as unique as the grain: one index does both. -#}
{% macro wanted_indexes(kind, relation, key) -%}
    {%- set found = {} -%}
    {%- set of_grain = {'columns': (key + assay.grain_of(kind, key)) | unique | list, 'unique': true} -%}
    {%- for index in config.get('indexes', []) + [of_grain] -%}
        {%- set name = relation.identifier[:40] ~ '_' ~ local_md5(index.columns | join(','))[:12] -%}
        {%- set unique = 'unique ' if index.get('unique') else '' -%}
        {%- do found.update({name: {'name': name, 'unique': unique, 'made_as': unique ~ name, 'columns': index.columns}}) -%}
    {%- endfor -%}
    {{ return(found.values() | list) }}
{%- endmacro %}
