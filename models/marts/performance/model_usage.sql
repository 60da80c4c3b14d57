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
    {{ latency_of_cell(
        'queries',
        ['workspace', 'day', 'provider', 'model', 'surface'],
        ['latency_p50_ms', 'latency_p95_ms', 'latency_p99_ms']
    ) }}
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
