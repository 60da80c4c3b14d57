-- One row a local day, workspace, log and place below the marts where its rows are counted: where they
-- landed, in the facts, in the state.
with

landed as (

    select * from {{ ref('agg_landed_daily') }}

),

facts as (

    select * from {{ ref('agg_facts_daily') }}

),

queries as (

    select * from {{ ref('agg_performance_daily') }}

),

costs as (

    select * from {{ ref('agg_costs_daily') }}

),

retrievals as (

    select * from {{ ref('agg_retrieval_daily') }}

),

guardrail_checks as (

    select * from {{ ref('agg_safety_daily') }}

),

final as (

    select
        workspace,
        day,
        log,
        'landed' as place,
        {{ sum_counts('entries') }} as counted
    from landed
    group by workspace, day, log
    union all
    select
        workspace,
        day,
        case when log = 'query_part' then 'query' else log end as log,
        case when log = 'query_part' then 'parts' else 'facts' end as place,
        entries as counted
    from facts
    union all
    select
        workspace,
        day,
        'query' as log,
        'state' as place,
        queries as counted
    from queries
    union all
    select
        workspace,
        day,
        'cost' as log,
        'state' as place,
        {{ sum_counts('calls') }} as counted
    from costs
    group by workspace, day
    union all
    select
        workspace,
        day,
        'retrieval' as log,
        'state' as place,
        {{ sum_counts('entries') }} as counted
    from retrievals
    group by workspace, day
    union all
    select
        workspace,
        day,
        'guardrail' as log,
        'state' as place,
        {{ sum_counts('entries') }} as counted
    from guardrail_checks
    group by workspace, day

)

select * from final
