{#- As of the target's horizon; a plain target has none. -#}
{% macro fill_table(kind, relation, compiled, key, reason) -%}
    {%- if reason != 'plain' -%}
        {%- do assay.do_sql("select ops.set_window(0, seq) from ops.horizon where target = '" ~ target.schema ~ "'") -%}
    {%- endif -%}
    {%- if reason in ('asked for', 'rebuilt below') -%}
        {%- do assay.mend_rows(relation, compiled, key if kind == 'additive' else config.get('meta').grain) -%}
    {%- else -%}
        {%- do assay.replace_rows(relation, compiled, key) -%}
    {%- endif -%}
{%- endmacro %}


{#- Delete and insert, so that whoever reads meanwhile sees the old rows, and never none. Cells that are read
    together, such as the days of a workspace, come to stand together; facts keep the order of their logs. -#}
{% macro replace_rows(relation, compiled, key) -%}
    {%- set columns = adapter.get_columns_in_relation(relation) | map(attribute='name') | join(', ') -%}
    {%- do assay.do_sql('delete from ' ~ relation) -%}
    {%- do assay.do_sql('insert into ' ~ relation ~ ' (' ~ columns ~ ') select ' ~ columns ~ ' from (\n' ~ compiled ~ '\n) as rebuilt'
        ~ (' order by ' ~ key | join(', ') if key | length > 1 else '')) -%}
{%- endmacro %}


{#- What stands is by this very definition, so that most rows come out as they are: only others are written. A second
    row of one grain is in nobody's way where it, or the first, equals what stands. So the rows that are computed are
    counted as they come, by a sequence, since keeping them aside would cost what not writing them saves. -#}
{% macro mend_rows(relation, compiled, grain) -%}
    {%- set typed = adapter.get_columns_in_relation(relation) -%}
    {%- set standing = '(select ctid as standing_at, * from ' ~ relation ~ ')' -%}
    {%- set counted = "select nextval('pg_temp.computed_rows'), rebuilt.* from (\n" ~ compiled ~ '\n) as rebuilt' -%}
    {%- do assay.do_sql('create temp sequence computed_rows') -%}
    {%- do assay.do_sql(
        'create temp table rebuilt on commit drop as\n' ~ assay.compared(counted, standing, typed, grain)
    ) -%}
    {%- for statement in assay.replaced(relation, 'pg_temp.rebuilt', typed) -%}
        {%- do assay.do_sql(statement) -%}
    {%- endfor -%}
    {%- do assay.refuse_broken_grain(relation, grain) -%}
    {%- do assay.do_sql('drop sequence pg_temp.computed_rows') -%}
{%- endmacro %}


{% macro refuse_broken_grain(relation, grain) -%}
    {%- call statement('counts', fetch_result=true) -%}
        select
            (select count(*) from {{ relation }}),
            (select case when is_called then last_value else 0 end from pg_temp.computed_rows)
    {%- endcall -%}
    {%- set stored, computed = load_result('counts').table[0] -%}
    {%- if stored != computed -%}
        {{ exceptions.raise_compiler_error(
            relation ~ ': its SQL makes ' ~ computed ~ ' rows where ' ~ stored ~ ' have a (' ~ grain | join(', ')
            ~ ') of their own. Nothing was changed; group by these, or correct the grain.'
        ) }}
    {%- endif -%}
{%- endmacro %}
