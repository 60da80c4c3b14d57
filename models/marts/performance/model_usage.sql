-- One row a local day, workspace, provider, model and surface that had queries. The model is the query's own;
-- what its calls to other models cost (embedding, rerank) counts with it.
with

queries as (

    select * from {{ ref('agg_model_usage_daily') }}

),

latency as (

    -- Grouped by what it is joined by: where nobody asks for a percentile, Postgres then leaves the join out.
    select
        workspace,
        day,
        provider,
        model,
        surface,
        max(latency_p50_ms) as latency_p50_ms,
        max(latency_p95_ms) as latency_p95_ms,
        max(latency_p99_ms) as latency_p99_ms
    from {{ ref('int_latency_by_surface_daily') }}
    group by workspace, day, provider, model, surface

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
        latency.latency_p50_ms,
        latency.latency_p95_ms,
        latency.latency_p99_ms,
        {{ token_columns('queries') }},
        {{ ratio(all_tokens('queries'), 'queries.token_queries') }} as tokens_per_query,
        {{ cost_columns('queries') }}
    from queries
    left join latency
        on
            queries.workspace = latency.workspace
            and queries.day = latency.day
            and queries.provider = latency.provider
            and queries.model = latency.model
            and queries.surface = latency.surface
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
