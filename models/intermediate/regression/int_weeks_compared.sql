-- One row a complete local week, workspace and segment, beside the week before it. A segment without queries
-- in the week before has no row: there is nothing to compare it with.
with

weeks as (

    select * from {{ ref('int_weeks_measured') }}

),

-- Imported twice: a step that is read twice is computed for all workspaces, whichever is asked for.
weeks_before as (

    select * from {{ ref('int_weeks_measured') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

final as (

    select
        weeks.workspace,
        weeks.week,
        weeks.segment_kind,
        weeks.segment,
        weeks.queries,
        weeks.judged_queries,
        weeks.successes,
        weeks.measured_queries,
        weeks.latency_p95_ms,
        weeks.cost_calls,
        weeks.unpriced_calls,
        weeks.priced_queries,
        weeks.cost_nanos,
        weeks_before.queries as queries_before,
        weeks_before.judged_queries as judged_queries_before,
        weeks_before.successes as successes_before,
        weeks_before.measured_queries as measured_queries_before,
        weeks_before.latency_p95_ms as latency_p95_ms_before,
        weeks_before.cost_calls as cost_calls_before,
        weeks_before.unpriced_calls as unpriced_calls_before,
        weeks_before.priced_queries as priced_queries_before,
        weeks_before.cost_nanos as cost_nanos_before
    from weeks
    inner join weeks_before
        on
            weeks.workspace = weeks_before.workspace
            and weeks.segment_kind = weeks_before.segment_kind
            and weeks.segment = weeks_before.segment
            and weeks_before.week = {{ days_after('weeks.week', -7) }}
    cross join horizon
    where {{ days_after('weeks.week', 7) }} <= horizon.today

)

select * from final
