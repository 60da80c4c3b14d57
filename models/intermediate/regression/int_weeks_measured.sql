-- One row a local week, workspace and segment: what the plain rules look at.
with

queries as (

    select * from {{ ref('agg_performance_weekly') }}

),

latency as (

    select * from {{ ref('int_latency_weekly') }}

),

final as (

    select
        queries.workspace,
        queries.week,
        queries.segment_kind,
        queries.segment,
        queries.queries,
        queries.queries - queries.cancelled as judged_queries,
        queries.successes,
        queries.measured_queries,
        latency.latency_p95_ms,
        queries.cost_calls,
        queries.unpriced_calls,
        queries.priced_queries,
        queries.cost_nanos
    from queries
    left join latency
        on
            queries.workspace = latency.workspace
            and queries.week = latency.week
            and queries.segment_kind = latency.segment_kind
            and queries.segment = latency.segment

)

select * from final
