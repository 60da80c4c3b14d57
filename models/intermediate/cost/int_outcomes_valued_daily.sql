-- One row a local day, workspace and tag that has a value in dollars: how many sessions and tasks ended in
-- success with it. Of several outcomes of one target the last holds.
with

tags as (

    select distinct substr(name, length('outcome_usd:') + 1) as tag
    from {{ ref('roi_parameters') }}
    where name like 'outcome_usd:%'

),

valued as (

    select
        outcomes.*,
        tags.tag
    from {{ ref('fct_outcomes') }} as outcomes
    inner join tags
        on {{ list_has('outcomes.tags', 'tags.tag') }}
    where outcomes.result = 'success' and outcomes.tags is not null

),

final as (

    -- Few outcomes have a tag, so each looks up whether a later one takes its place. Ties go to the larger
    -- key.
    select
        valued.workspace,
        valued.day,
        valued.tag,
        count(*) as outcomes
    from valued
    left join {{ ref('fct_outcomes') }} as later
        on
            valued.target_type = later.target_type
            and valued.target_ref = later.target_ref
            and (
                valued.occurred_at < later.occurred_at
                or (valued.occurred_at = later.occurred_at and valued.outcome_key < later.outcome_key)
            )
    where later.outcome_key is null
    group by valued.workspace, valued.day, valued.tag

)

select * from final
