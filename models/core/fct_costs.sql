-- One row a billable call. A call belongs to the first query of its id, so that an id which a producer
-- used twice cannot count a cost twice; a call without a query stays, with no query_key.
{{ config(materialized='touched', key=['thread_ref']) }}
with

costs as (

    select * from {{ keyed(ref('stg_native__costs'), 'thread_ref', makes_rows='always') }}

),

queries as (

    select * from {{ keyed(ref('stg_native__queries'), 'query_ref', makes_rows=false) }}

),

queries_ranked as (

    select
        query_key,
        query_ref,
        surface,
        feature,
        row_number() over (partition by query_ref order by occurred_at, query_key) as occurrence
    from queries

),

matched as (

    select
        costs.*,
        queries_ranked.query_key,
        queries_ranked.surface,
        queries_ranked.feature
    from costs
    left join queries_ranked
        on costs.thread_ref = queries_ranked.query_ref and queries_ranked.occurrence = 1

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
        thread_ref,
        query_key,
        source_relation,
        batch_id,
        event_id,
        workspace,
        occurred_at,
        {{ local_day('occurred_at') }} as day,
        environment,
        release,
        region,
        project,
        task_id,
        session_id,
        subject_ref,
        query_id,
        surface,
        feature,
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
