{#- Three statements: the sums of the changes, which the model's own SQL groups by its key; added to what
    stands there; keys that nothing is left of go. -#}
{% macro additive_steps(this_node, relation, compiled, spans, key, measures) -%}
    {%- set changed = assay.session_table('changes', this_node) -%}
    {%- set list = (key + measures) | join(', ') -%}
    {%- set sum_up -%}
insert into {{ changed }} ({{ list }})
select {{ list }} from (
{{ assay.rewritten(compiled, spans) }}
) as change
where {% for measure in measures %}{{ measure }} <> 0{{ ' or ' if not loop.last }}{% endfor %}
    {%- endset -%}
    {%- set add -%}
insert into {{ relation }} as standing ({{ list }})
select {{ list }} from {{ changed }}
on conflict ({{ key | join(', ') }}) do update set
    {%- for measure in measures %}
    {{ measure }} = standing.{{ measure }} + excluded.{{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
    {%- endset -%}
    {%- set drop_empty -%}
delete from {{ relation }} where ctid = any(array(
    select standing.emptied_at from {{ changed }} as change
    cross join lateral (
        select kept.ctid as emptied_at from {{ relation }} as kept
        where kept.entries = 0
            {%- for column in key %} and kept.{{ column }} = change.{{ column }}{% endfor %}
        offset 0
    ) as standing
    where change.entries < 0
))
    {%- endset -%}
    {{ return([sum_up, add, drop_empty]) }}
{%- endmacro %}
