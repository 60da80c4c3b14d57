-- A row is a day and workspace with a percentile more than 1 % from the value that percentile_disc returns
-- over the queries themselves, or with one where no query was measured.
{{ config(meta={'dagster': {'ref': {'name': 'performance_overview'}}}) }}
with

exact as (

    select
        workspace,
        day,
        {{ percentile('latency_ms', 0.50) }} as latency_p50_ms,
        {{ percentile('latency_ms', 0.95) }} as latency_p95_ms,
        {{ percentile('latency_ms', 0.99) }} as latency_p99_ms,
        {{ percentile('first_token_ms', 0.50) }} as first_token_p50_ms,
        {{ percentile('first_token_ms', 0.95) }} as first_token_p95_ms,
        {{ percentile('retrieval_ms', 0.95) }} as retrieval_p95_ms,
        {{ percentile('llm_ms', 0.95) }} as llm_p95_ms
    from {{ ref('fct_queries') }}
    group by workspace, day

),

overview as (

    select * from {{ ref('performance_overview') }}

),

final as (

    select
        overview.day,
        overview.workspace
    from overview
    left join exact
        on overview.workspace = exact.workspace and overview.day = exact.day
    where
        {{ is_off('overview.latency_p50_ms', 'exact.latency_p50_ms') }}
        or {{ is_off('overview.latency_p95_ms', 'exact.latency_p95_ms') }}
        or {{ is_off('overview.latency_p99_ms', 'exact.latency_p99_ms') }}
        or {{ is_off('overview.first_token_p50_ms', 'exact.first_token_p50_ms') }}
        or {{ is_off('overview.first_token_p95_ms', 'exact.first_token_p95_ms') }}
        or {{ is_off('overview.retrieval_p95_ms', 'exact.retrieval_p95_ms') }}
        or {{ is_off('overview.llm_p95_ms', 'exact.llm_p95_ms') }}

)

select * from final
