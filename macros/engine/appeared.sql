{#- Cells of a family of sums, one row each: a refresh reads those that have come up (+1) and that are gone (-1), which
    is how things that are no sums are counted. `columns` are of its key. A measure that never is below zero says
    whether a cell is there. -#}
{% macro appeared(relation, columns, measure='entries') -%}
    /*appeared in {{ relation }} by {{ columns | join(', ') }} of {{ measure -}}
    */(select 1 as sign, {{ columns | join(', ') }} from {{ relation }} where {{ measure }} > 0)/*end*/
{%- endmacro %}


{#- What stands is after the changes, so that what stood is the difference. -#}
{% macro cells_that_appeared(span) -%}
    (
        select case when cell.standing > 0 then 1 else -1 end as sign, {{ assay.prefixed('change', span.columns) }}
        from {{ assay.change_set(span.node) }} as change
        cross join lateral (
            select coalesce(max(kept.{{ span.only }}), 0) as standing from {{ span.relation }} as kept
            where
                {%- for column in span.node.config.key %}
                {{ 'and ' if not loop.first }}kept.{{ column }} = change.{{ column }}
                {%- endfor %}
        ) as cell
        where change.{{ span.only }} <> 0 and (cell.standing > 0) <> (cell.standing > change.{{ span.only }})
    )
{%- endmacro %}
