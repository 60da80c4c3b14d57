{#- Four statements: which keys the changes touch, in order, since each index that looks an array up sorts it;
    what is recomputed for them, against what stands there; the old rows go; the new rows come. Rows that come
    out as they were are not touched. -#}
{% macro touched_steps(this_node, relation, compiled, spans, columns, key, grain) -%}
    {%- set keys = assay.session_table('keys', this_node) -%}
    {%- set changed = assay.session_table('changes', this_node) -%}
    {%- set list = columns | join(', ') -%}
    {%- set named = [] -%}
    {%- for column in key -%}{%- do named.append(column ~ ' as k' ~ loop.index) -%}{%- endfor -%}
    {%- set standing_keys = '(select distinct ' ~ named | join(', ') ~ ' from "standing rows")' -%}
    {%- set collect -%}
insert into {{ keys }}
select distinct * from (
    {%- for span in spans %}
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
    {%- endset -%}
    {%- set compare -%}
insert into {{ changed }} ({{ list }}, sign, standing_at)
with "standing rows" as materialized (
    select * from {{ assay.rows_of_keys(relation, key, keys, 'kept.ctid as standing_at,') }} as standing
),
"computed rows" as materialized (
    select {{ list }} from (
{{ assay.rewritten(compiled, spans, keys, standing_keys) }}
    ) as computed
)
select {{ assay.prefixed('computed', columns) }}, 1, null
from "computed rows" as computed left join "standing rows" as standing on {{ assay.same('computed', 'standing', grain, columns) }}
where standing.standing_at is null
union all
select {{ assay.prefixed('standing', columns) }}, -1, standing.standing_at
from "standing rows" as standing left join "computed rows" as computed on {{ assay.same('computed', 'standing', grain, columns) }}
where computed.{{ grain[0] }} is null
    {%- endset -%}
    {{ return([
        collect,
        compare,
        'delete from ' ~ relation ~ ' where ctid = any(array(select standing_at from ' ~ changed ~ ' where sign = -1))',
        'insert into ' ~ relation ~ ' (' ~ list ~ ') select ' ~ list ~ ' from ' ~ changed ~ ' where sign = 1',
    ]) }}
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


{#- The grain finds the row fast, the rest says whether anything in it moved. -#}
{% macro same(left, right, grain, columns) -%}
    {% for column in grain %}{{ left }}.{{ column }} = {{ right }}.{{ column }} and {% endfor -%}
    row({{ assay.prefixed(left, columns) }}) is not distinct from row({{ assay.prefixed(right, columns) }})
{%- endmacro %}
