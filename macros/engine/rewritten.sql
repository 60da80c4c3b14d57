{#- The model's SQL as a refresh runs it: change sets in place of `changes`, rows of the keys in place of
    `keyed`. `standing` selects the keys that have rows in the model, as k1, k2, ... A check of new batches runs
    before there are change sets. -#}
{% macro rewritten(compiled, spans, keys=none, standing=none, is_check=false) -%}
    {%- set sql = namespace(text=compiled) -%}
    {%- for span in spans -%}
        {%- if is_check -%}
            {%- set instead = '(' ~ assay.new_rows(span.relation) ~ ')' -%}
        {%- elif span.kind == 'appeared' -%}
            {%- set instead = assay.cells_that_appeared(span) -%}
        {%- elif span.kind != 'keyed' -%}
            {%- set instead = assay.change_set(span.node) -%}
        {%- elif span.read_whole -%}
            {%- set instead = span.read_whole -%}
        {%- elif span.always -%}
            {%- set instead = assay.rows_of_new_keys(span, standing) -%}
        {%- else -%}
            {%- set instead = assay.rows_of_keys(span.relation, span.columns, keys) -%}
        {%- endif -%}
        {%- if span.only and span.kind == 'keyed' -%}{%- set instead = '(select ' ~ span.only ~ ' from ' ~ instead ~ ' as kept)' -%}{%- endif -%}
        {%- set sql.text = sql.text.replace(span.text, instead) -%}
    {%- endfor -%}
    {{ return(sql.text) }}
{%- endmacro %}


{#- A key without a row in the model had none in this input either: what it has came with the changes. So its older
    rows are not looked for, which in a log means in each of its months. -#}
{% macro rows_of_new_keys(span, standing) -%}
    {%- set columns = assay.column_names(span.relation) | join(', ') -%}
    (
        select {{ columns }} from {{ assay.rows_of_keys(span.relation, span.columns, standing) }} as known
        union all
        select {{ columns }} from {{ assay.change_set(span.node) }} as new
        where
            ({{ assay.prefixed('new', span.columns) }}) not in (select * from {{ standing }} as known)
            {%- if span.node.config.materialized != 'additive' %} and new.sign = 1{% endif %}
    )
{%- endmacro %}


{#- One column is looked up as an array: one pass over each index, whatever partitions a log has. Several are
    looked up key by key; `offset 0` keeps the planner from making a join over everything out of it. -#}
{% macro rows_of_keys(relation, columns, keys, extra='') -%}
    {%- if columns | length == 1 -%}
    (
        select {{ extra }} kept.* from {{ relation }} as kept
        where kept.{{ columns[0] }} = any(array(select wanted.k1 from {{ keys }} as wanted))
    )
    {%- else -%}
    (
        select found.* from {{ keys }} as wanted
        cross join lateral (
            select {{ extra }} kept.* from {{ relation }} as kept
            where
                {%- for column in columns %}
                {{ 'and ' if not loop.first }}kept.{{ column }} = wanted.k{{ loop.index }}
                {%- endfor %}
            offset 0
        ) as found
    )
    {%- endif -%}
{%- endmacro %}
