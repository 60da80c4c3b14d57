-- A row is a cell of model_usage with a percentile more than 1 % from the value that percentile_disc returns
-- over the queries themselves, or with one where no query was measured.
{{ config(meta={'dagster': {'ref': {'name': 'model_usage'}}}) }}
with

exact as (

    select
        workspace,
        day,
        {{ labelled('provider') }} as provider,
        {{ labelled('model') }} as model,
        {{ labelled('surface') }} as surface,
        {{ percentile('latency_ms', 0.50) }} as latency_p50_ms,
        {{ percentile('latency_ms', 0.95) }} as latency_p95_ms,
        {{ percentile('latency_ms', 0.99) }} as latency_p99_ms
    from {{ ref('fct_queries') }}
    group by workspace, day, {{ labelled('provider') }}, {{ labelled('model') }}, {{ labelled('surface') }}

),

cells as (

    select * from {{ ref('model_usage') }}

),

final as (

    select
        cells.day,
        cells.workspace,
        cells.model,
        cells.surface
    from cells
    left join exact
        on
            cells.workspace = exact.workspace
            and cells.day = exact.day
            and cells.provider = exact.provider
            and cells.model = exact.model
            and cells.surface = exact.surface
    where
        {{ is_off('cells.latency_p50_ms', 'exact.latency_p50_ms') }}
        or {{ is_off('cells.latency_p95_ms', 'exact.latency_p95_ms') }}
        or {{ is_off('cells.latency_p99_ms', 'exact.latency_p99_ms') }}

)

select * from final
