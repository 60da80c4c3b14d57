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


{#- What stands is by this very definition, so that most rows come out as they are: only others are written. -#}
{% macro mend_rows(relation, compiled, grain) -%}
    {%- set typed = adapter.get_columns_in_relation(relation) -%}
    {%- set standing = '(select ctid as standing_at, * from ' ~ relation ~ ')' -%}
    {%- do assay.do_sql(
        'create temp table rebuilt on commit drop as\n' ~ assay.compared(compiled, standing, typed, grain)
    ) -%}
    {%- for statement in assay.replaced(relation, 'pg_temp.rebuilt', typed) -%}
        {%- do assay.do_sql(statement) -%}
    {%- endfor -%}
{%- endmacro %}
