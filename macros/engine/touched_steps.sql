{#- Four statements: which keys the changes touch, in order, since each index that looks an array up sorts it;
    what is recomputed for them, against what stands there; the old rows go; the new rows come. Rows that come
    out as they were are not touched. Which keys stand there already is asked of the index, once, where that is
    cheap: asked of the standing rows, it would have them kept aside, the whole table when a price changes. -#}
{% macro touched_steps(this_node, relation, compiled, spans, typed, key, grain) -%}
    {%- set keys = assay.session_table('keys', this_node) -%}
    {%- set changed = assay.session_table('changes', this_node) -%}
    {%- set named = [] -%}
    {%- for column in key -%}{%- do named.append('kept.' ~ column ~ ' as k' ~ loop.index) -%}{%- endfor -%}
    {%- set asks_for_keys = key | length == 1 and spans | selectattr('always') | list -%}
    {%- set collect -%}
insert into {{ keys }}
{{ assay.keys_of_changes(relation, spans, key) }}
    {%- endset -%}
    {%- set compare -%}
insert into {{ changed }} (sign, standing_at, {{ typed | map(attribute='name') | join(', ') }})
with {% if asks_for_keys -%}
"standing keys" as materialized (
    select distinct {{ named | join(', ') }} from {{ assay.rows_of_keys(relation, key, keys) }} as kept
),
{% endif -%}
"standing rows" as (
    select * from {{
        assay.rows_of_keys(relation, key, '"standing keys"' if asks_for_keys else keys, 'kept.ctid as standing_at,')
    }} as standing
)
{{ assay.compared(
    assay.rewritten(
        compiled, spans, keys,
        '"standing keys"' if asks_for_keys else '(select distinct ' ~ named | join(', ') ~ ' from "standing rows" as kept)'
    ),
    '"standing rows"', typed, grain
) }}
    {%- endset -%}
    {{ return([collect, compare] + assay.replaced(relation, changed, typed)) }}
{%- endmacro %}
