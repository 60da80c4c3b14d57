{#- Four statements: which keys the changes touch, in order, since each index that looks an array up sorts it;
    what is recomputed for them, against what stands there; the old rows go; the new rows come. Rows that come
    out as they were are not touched. Which keys stand there already is asked of the index, once, where that is
    cheap: asked of the standing rows, it would have them kept aside, the whole table when a price changes. -#}
{% macro touched_steps(this_node, relation, compiled, spans, typed, key, grain) -%}
    {%- set columns = typed | map(attribute='name') | list -%}
    {%- set keys = assay.session_table('keys', this_node) -%}
    {%- set changed = assay.session_table('changes', this_node) -%}
    {%- set list = columns | join(', ') -%}
    {%- set named = [] -%}
    {%- for column in key -%}{%- do named.append('kept.' ~ column ~ ' as k' ~ loop.index) -%}{%- endfor -%}
    {%- set asks_for_keys = key | length == 1 and spans | selectattr('always') | list -%}
    {%- set collect -%}
insert into {{ keys }}
{{ assay.keys_of_changes(relation, spans, key) }}
    {%- endset -%}
    {%- set compare -%}
insert into {{ changed }} (sign, standing_at, {{ list }})
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
select moved.* from (
{{ assay.rewritten(
    compiled, spans, keys,
    '"standing keys"' if asks_for_keys else '(select distinct ' ~ named | join(', ') ~ ' from "standing rows" as kept)'
) }}
) as computed
full join "standing rows" as standing
    on {% for column in grain %}computed.{{ column }} = standing.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
cross join lateral (
    select 1, cast(null as tid), {{ assay.prefixed('computed', columns) }}
    where computed.{{ grain[0] }} is not null
    union all
    select -1, standing.standing_at, {{ assay.prefixed('standing', columns) }}
    where standing.standing_at is not null
) as moved
where {{ assay.moved('computed', 'standing', typed) }}
    {%- endset -%}
    {{ return([
        collect,
        compare,
        'delete from ' ~ relation ~ ' where ctid = any(array(select standing_at from ' ~ changed ~ ' where sign = -1))',
        'insert into ' ~ relation ~ ' (' ~ list ~ ') select ' ~ list ~ ' from ' ~ changed ~ ' where sign = 1',
    ]) }}
{%- endmacro %}


{#- The keys that the changes of any input touch, each once. -#}
{% macro keys_of_changes(relation, spans, key) -%}
select distinct * from (
    {%- for text in spans | map(attribute='text') | unique %}
    {%- set span = spans | selectattr('text', 'equalto', text) | first %}
    {{ 'union all' if not loop.first }}
    {%- if span.makes_rows %}
    select {{ span.columns | join(', ') }} from {{ assay.change_set(span.node) }} as change
    {%- if span.only %}
    group by {{ span.only }} having sum(sign) <> 0
    {%- endif %}
    {%- else %}
    select {{ key | join(', ') }} from {{ assay.rows_of_keys(relation, key, assay.as_keys(span)) }} as standing
    {%- endif %}
    {%- endfor %}
) as touched ({% for _ in key %}k{{ loop.index }}{{ ', ' if not loop.last }}{% endfor %})
where {% for _ in key %}k{{ loop.index }} is not null{{ ' and ' if not loop.last }}{% endfor %}
    {%- if key | length == 1 %}
order by k1
    {%- endif %}
{%- endmacro %}


{#- The keys that an input's changes name, before they are anybody's. -#}
{% macro as_keys(span) -%}
    (
        select {% for column in span.columns %}{{ column }} as k{{ loop.index }}{{ ', ' if not loop.last }}{% endfor %}
        from {{ assay.change_set(span.node) }} as change
    )
{%- endmacro %}


{% macro prefixed(alias, columns) -%}
    {% for column in columns %}{{ alias }}.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
{%- endmacro %}


{#- Figures are what moves, the later ones first: asked of them, a difference is found early. -#}
{% macro moved(left, right, typed) -%}
    {%- set figures, others = [], [] -%}
    {%- for column in typed | reverse -%}
        {%- do (figures if column.is_number() else others).append(column.name) -%}
    {%- endfor -%}
    row({{ assay.prefixed(left, figures + others) }}) is distinct from row({{ assay.prefixed(right, figures + others) }})
{%- endmacro %}
