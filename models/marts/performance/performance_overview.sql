-- One row a local day and workspace that had queries, or costs that no query explains. Coarser rows
-- cannot be added up from it: percentiles do not add.
with

queries as (

    select * from {{ ref('int_queries_aggregated_by_day') }}

),

unmatched as (

    select * from {{ ref('int_costs_unmatched_by_day') }}

),

days as (

    select
        day,
        workspace,
        landed_at
    from queries
    union all
    select
        day,
        workspace,
        landed_at
    from unmatched

),

horizon as (

    select {{ local_day('max(landed_at)') }} as day from days

),

keys as (

    select distinct
        day,
        workspace
    from days

),

measured as (

    select
        keys.day,
        keys.workspace,
        keys.day < horizon.day as is_complete,
        coalesce(queries.queries, 0) as queries,
        coalesce(queries.successes, 0) as successes,
        coalesce(queries.errors, 0) as errors,
        coalesce(queries.cancelled, 0) as cancelled,
        coalesce(queries.blocked, 0) as blocked,
        {{ ratio('queries.successes', 'queries.queries - queries.cancelled') }} as success_rate,
        coalesce(queries.measured_queries, 0) as measured_queries,
        queries.latency_p50_ms,
        queries.latency_p95_ms,
        queries.latency_p99_ms,
        queries.first_token_p50_ms,
        queries.first_token_p95_ms,
        queries.retrieval_p95_ms,
        queries.llm_p95_ms,
        queries.input_tokens,
        queries.cache_read_tokens,
        queries.cache_write_tokens,
        queries.media_tokens,
        queries.output_tokens,
        queries.reasoning_tokens,
        queries.input_tokens + queries.cache_read_tokens + queries.cache_write_tokens
        + queries.media_tokens + queries.output_tokens + queries.reasoning_tokens as total_tokens,
        {{ nanos_to_usd('queries.cost_nanos') }} as cost_usd,
        {{ nanos_to_usd('queries.cost_nanos / queries.queries') }} as cost_per_query_usd,
        coalesce(queries.unpriced_calls, 0) as unpriced_calls,
        coalesce(unmatched.calls, 0) as unmatched_calls,
        {{ nanos_to_usd('unmatched.cost_nanos') }} as unmatched_cost_usd
    from keys
    left join queries
        on keys.day = queries.day and keys.workspace = queries.workspace
    left join unmatched
        on keys.day = unmatched.day and keys.workspace = unmatched.workspace
    cross join horizon

),

reasoned as (

    select
        *,
        {{ not_judged_because('queries - cancelled') }} as success_not_judged_because,
        {{ not_judged_because('measured_queries') }} as latency_not_judged_because,
        case
            when unpriced_calls > 0 then 'cost_incomplete'
            else {{ not_judged_because('case when cost_usd is null then 0 else queries end') }}
        end as cost_not_judged_because
    from measured

),

final as (

    select
        *,
        {{ judge('success_rate', '>', var('success_rate_target'), 'success_not_judged_because') }}
            as success_target,
        {{ judge('latency_p95_ms', '<', var('latency_p95_target_ms'), 'latency_not_judged_because') }}
            as latency_target,
        {{ judge('cost_per_query_usd', '<', var('cost_per_query_target_usd'), 'cost_not_judged_because') }}
            as cost_target
    from reasoned

)

select * from final
