{#- Computed rows against standing ones, which carry their place as `standing_at`: those that come (sign 1) and those
    that go (-1). A row that comes out as it was is in neither. -#}
{% macro compared(computed, standing, typed, grain) -%}
{%- set columns = typed | map(attribute='name') | list -%}
select moved.* from (
{{ computed }}
) as computed
full join {{ standing }} as standing
    on {% for column in grain %}computed.{{ column }} = standing.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
cross join lateral (
    select 1 as sign, cast(null as tid) as standing_at, {{ assay.prefixed('computed', columns) }}
    where standing.standing_at is null or computed.{{ grain[0] }} is not null
    union all
    select -1, standing.standing_at, {{ assay.prefixed('standing', columns) }}
    where standing.standing_at is not null
) as moved
where {{ assay.moved('computed', 'standing', typed) }}
{%- endmacro %}


{#- The two statements that put a table of such rows into effect. -#}
{% macro replaced(relation, changed, typed) -%}
    {%- set list = typed | map(attribute='name') | join(', ') -%}
    {{ return([
        'delete from ' ~ relation ~ ' where ctid = any(array(select standing_at from ' ~ changed ~ ' where sign = -1))',
        'insert into ' ~ relation ~ ' (' ~ list ~ ') select ' ~ list ~ ' from ' ~ changed ~ ' where sign = 1',
    ]) }}
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
