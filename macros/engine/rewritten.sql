{#- The model's SQL as a refresh runs it: change sets in place of `changes`, rows of the keys in place of
    `keyed`. -#}
{% macro rewritten(compiled, spans, keys) -%}
    {%- set sql = namespace(text=compiled) -%}
    {%- for span in spans -%}
        {%- if span.kind == 'changes' -%}
            {%- set instead = assay.change_set(span.node) -%}
        {%- else -%}
            {%- set instead = assay.rows_of_keys(span.relation, span.columns, keys) -%}
        {%- endif -%}
        {%- set sql.text = sql.text.replace(span.text, instead) -%}
    {%- endfor -%}
    {{ return(sql.text) }}
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
