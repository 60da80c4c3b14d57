-- One row a UTC hour and workspace that had queries. Hours are instants, days are local: where the zone is
-- half an hour off, hours do not add up to days.
with

queries as (

    select * from {{ ref('agg_performance_hourly') }}

),

latency as (

    select * from {{ ref('srv_latency_hourly') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

unsaid as (

    select * from {{ ref('int_unsaid') }}

),

measured as (

    select
        queries.hour_at,
        queries.workspace,
        queries.hour_at < {{ hour_of('horizon.as_of') }} as is_complete,
        {{ outcome_columns('queries') }},
        latency.latency_p50_ms,
        latency.latency_p95_ms,
        latency.latency_p99_ms,
        latency.first_token_p50_ms,
        latency.first_token_p95_ms,
        latency.retrieval_p95_ms,
        latency.llm_p95_ms,
        {{ token_columns('queries') }},
        {{ cost_columns('queries') }}
    from queries
    left join latency
        on queries.workspace = latency.workspace and queries.hour_at = latency.hour_at
    cross join horizon

),

reasoned as (

    select
        measured.*,
        {{ performance_reasons() }}
    from measured
    left join unsaid on measured.workspace = unsaid.workspace

),

final as (

    select
        *,
        {{ performance_targets() }}
    from reasoned

)

select * from final
