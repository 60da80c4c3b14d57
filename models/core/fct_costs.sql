-- One row a billable call. A call belongs to the first query of its id, so that an id which a producer
-- used twice cannot count a cost twice; a call without a query stays, with no query_key.
with

costs as (

    select * from {{ ref('stg_native__costs') }}

),

queries as (

    select * from {{ ref('stg_native__queries') }}

),

batches as (

    select * from {{ ref('stg_native__batches') }}

),

queries_ranked as (

    select
        query_key,
        workspace,
        query_id,
        row_number() over (
            partition by workspace, query_id
            order by occurred_at, query_key
        ) as occurrence
    from queries

),

first_queries as (

    select * from queries_ranked
    where occurrence = 1

),

matched as (

    select
        costs.*,
        first_queries.query_key,
        batches.landed_at
    from costs
    left join first_queries
        on
            costs.workspace = first_queries.workspace
            and costs.query_id = first_queries.query_id
    left join batches
        on costs.batch_id = batches.batch_id

),

priced as (

    select
        *,
        case
            when reported_cost is null then 'not_reported'
            when currency = 'USD' then 'reported'
            else 'other_currency'
        end as cost_status
    from matched

),

final as (

    select
        cost_key,
        query_key,
        source_relation,
        batch_id,
        landed_at,
        event_id,
        workspace,
        occurred_at,
        environment,
        release,
        region,
        project,
        task_id,
        session_id,
        subject_ref,
        query_id,
        call_type,
        provider,
        model,
        service_tier,
        requests,
        coalesce(input_tokens, 0) as input_tokens,
        coalesce(cache_read_tokens, 0) as cache_read_tokens,
        coalesce(cache_write_tokens, 0) + coalesce(cache_write_1h_tokens, 0) as cache_write_tokens,
        coalesce(audio_input_tokens, 0)
        + coalesce(image_input_tokens, 0)
        + coalesce(audio_output_tokens, 0) as media_tokens,
        coalesce(output_tokens, 0) as output_tokens,
        coalesce(reasoning_tokens, 0) as reasoning_tokens,
        reported_cost,
        currency,
        cost_status,
        case when cost_status = 'reported' then {{ to_nanos('reported_cost') }} end as cost_nanos
    from priced

)

select * from final
