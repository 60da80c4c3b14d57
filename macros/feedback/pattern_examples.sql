{#- The three newest failing queries of each group, from `reviewed`. -#}
{% macro pattern_examples() -%}
failures as (
    {% for kind, column in [('query_type', 'query_type'), ('topic', 'topic_id')] %}
    {{ 'union all' if not loop.first }}
    select
        reviewed.workspace,
        '{{ kind }}' as group_kind,
        {{ short_name('reviewed.' ~ column) }} as group_name,
        {{ short_name('reviewed.query_id') }} as query_id,
        row_number() over (
            partition by reviewed.workspace, reviewed.{{ column }}
            order by reviewed.occurred_at desc, reviewed.query_key desc
        ) as age
    from reviewed
    cross join newest
    where
        reviewed.failure is not null and reviewed.{{ column }} is not null
        and reviewed.day > {{ days_after('newest.newest_day', '-' ~ var('pattern_days')) }}
    {% endfor %}
),

examples as (

    select
        workspace,
        group_kind,
        group_name,
        concat_ws(
            ', ', max(case when age = 1 then query_id end), max(case when age = 2 then query_id end),
            max(case when age = 3 then query_id end)
        ) as example_query_ids
    from failures
    where age <= 3
    group by workspace, group_kind, group_name

)
{%- endmacro %}
