-- One row a local day, workspace, provider, model and surface that had queries. The model is the query's own;
-- what its calls to other models cost (embedding, rerank) counts with it.
with

queries as (

    select * from {{ ref('agg_model_usage_daily') }}

),

latency as (

    select * from {{ ref('int_latency_by_surface_daily') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

measured as (

    select
        queries.day,
        queries.workspace,
        queries.provider,
        queries.model,
        queries.surface,
        queries.day < horizon.today as is_complete,
        {{ outcome_columns('queries') }},
        cell.latency_p50_ms,
        cell.latency_p95_ms,
        cell.latency_p99_ms,
        {{ token_columns('queries') }},
        {{ ratio(all_tokens('queries'), 'queries.token_queries') }} as tokens_per_query,
        {{ cost_columns('queries') }}
    from queries
    -- Cell by cell, so that what is not asked for is not finished. `max` of the one row tells Postgres that
    -- there is no second: where nobody asks for a percentile, it leaves the join out.
    left join lateral (
        select
            max(latency.latency_p50_ms) as latency_p50_ms,
            max(latency.latency_p95_ms) as latency_p95_ms,
            max(latency.latency_p99_ms) as latency_p99_ms
        from latency
        where
            latency.workspace = queries.workspace
            and latency.day = queries.day
            and latency.provider = queries.provider
            and latency.model = queries.model
            and latency.surface = queries.surface
    ) as cell on true
    cross join horizon

),

final as (

    select
        *,
        {{ not_judged_because('queries - cancelled') }} as success_not_judged_because,
        {{ not_judged_because('measured_queries') }} as latency_not_judged_because
    from measured

)

select * from final
