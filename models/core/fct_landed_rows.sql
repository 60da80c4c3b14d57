-- One row a landed row of the logs that the marts count, before anything joins it: what every later count has
-- to agree with.
with

queries as (

    select
        'query' as log,
        query_key as row_key,
        source_relation,
        source,
        batch_id,
        workspace,
        occurred_at
    from {{ ref('stg_native__queries') }}

),

retrievals as (

    select
        'retrieval' as log,
        retrieval_key as row_key,
        source_relation,
        source,
        batch_id,
        workspace,
        occurred_at
    from {{ ref('stg_native__retrievals') }}

),

feedback as (

    select
        'feedback' as log,
        feedback_key as row_key,
        source_relation,
        source,
        batch_id,
        workspace,
        occurred_at
    from {{ ref('stg_native__feedback') }}

),

costs as (

    select
        'cost' as log,
        cost_key as row_key,
        source_relation,
        source,
        batch_id,
        workspace,
        occurred_at
    from {{ ref('stg_native__costs') }}

),

guardrail_checks as (

    select
        'guardrail' as log,
        guardrail_check_key as row_key,
        source_relation,
        source,
        batch_id,
        workspace,
        occurred_at
    from {{ ref('stg_native__guardrail_checks') }}

),

united as (

    select * from queries
    union all
    select * from retrievals
    union all
    select * from feedback
    union all
    select * from costs
    union all
    select * from guardrail_checks

),

final as (

    select
        *,
        {{ local_day('occurred_at') }} as day
    from united

)

select * from final
