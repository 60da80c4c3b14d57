-- One row a local day, workspace and log: the same rows counted where they landed, in the facts, in the state
-- and in a mart. Any difference is a row that was lost or counted twice on the way.
with

below as (

    select * from {{ ref('int_rows_counted_daily') }}

),

overview as (

    select * from {{ ref('performance_overview') }}

),

retrieval_quality as (

    select * from {{ ref('retrieval_quality') }}

),

safety as (

    select * from {{ ref('safety_metrics') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

counts as (

    select * from below
    union all
    select
        workspace,
        day,
        'query' as log,
        'marts' as place,
        queries as counted
    from overview
    where queries > 0
    union all
    select
        workspace,
        day,
        'retrieval' as log,
        'marts' as place,
        {{ sum_counts('retrievals') }} as counted
    from retrieval_quality
    group by workspace, day
    union all
    select
        workspace,
        day,
        'guardrail' as log,
        'marts' as place,
        {{ sum_counts('checks') }} as counted
    from safety
    group by workspace, day

),

placed as (

    -- Null, not 0, where nothing counts the rows of a log at that place.
    select
        day,
        workspace,
        log,
        {{ sum_counts("case when place = 'landed' then counted else 0 end") }} as landed,
        {{ sum_counts("case when place = 'parts' then counted else 0 end") }} as parts,
        case
            when log in ('query', 'cost', 'feedback')
                then {{ sum_counts("case when place = 'facts' then counted else 0 end") }}
        end as in_facts,
        case
            when log in ('query', 'cost', 'retrieval', 'guardrail')
                then {{ sum_counts("case when place = 'state' then counted else 0 end") }}
        end as in_state,
        case
            when log in ('query', 'retrieval', 'guardrail')
                then {{ sum_counts("case when place = 'marts' then counted else 0 end") }}
        end as in_marts
    from counts
    group by day, workspace, log

),

compared as (

    select
        *,
        greatest(landed - parts, in_facts, in_state, in_marts)
        - least(landed - parts, in_facts, in_state, in_marts) as difference
    from placed

),

final as (

    select
        compared.day,
        compared.workspace,
        compared.log,
        compared.landed,
        compared.parts,
        compared.in_facts,
        compared.in_state,
        compared.in_marts,
        compared.difference,
        case
            when compared.difference <> 0 then 'differs'
            else 'agrees'
        end as status,
        horizon.as_of,
        '{{ var("reporting_timezone") }}' as reporting_zone
    from compared
    cross join horizon

)

select * from final
