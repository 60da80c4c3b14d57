-- One row a local day, workspace and tag that has a value in dollars: how many sessions and tasks ended in
-- success with it. Of several outcomes of one target the last holds.
with

tags as (

    select distinct substr(name, length('outcome_usd:') + 1) as tag
    from {{ ref('roi_parameters') }}
    where name like 'outcome_usd:%'

),

outcomes as (

    select * from {{ ref('fct_outcomes') }}

),

latest as (

    -- Ties go to the larger key.
    select
        *,
        row_number() over (
            partition by target_type, target_ref
            order by occurred_at desc, outcome_key desc
        ) as place
    from outcomes

),

final as (

    select
        latest.workspace,
        latest.day,
        tags.tag,
        count(*) as outcomes
    from latest
    inner join tags
        on {{ list_has('latest.tags', 'tags.tag') }}
    where latest.place = 1 and latest.result = 'success'
    group by latest.workspace, latest.day, tags.tag

)

select * from final
