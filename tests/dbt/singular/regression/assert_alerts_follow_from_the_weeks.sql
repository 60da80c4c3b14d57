-- A row is a finding in a week that had not ended, or one about a whole workspace that is none: recomputed
-- from the queries themselves, the metric did not get worse.
{{ config(meta={'dagster': {'ref': {'name': 'regression_alerts'}}}) }}
with

alerts as (

    select * from {{ ref('regression_alerts') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

queries as (

    select * from {{ ref('fct_queries') }}

),

weeks as (

    select
        workspace,
        {{ week_of('day') }} as week,
        {{ percentile('latency_ms', 0.95) }} as latency_p95_ms,
        {{ ratio("count(*) filter (where status = 'ok')", "count(*) filter (where status <> 'cancelled')") }}
            as success_rate,
        {{ ratio('sum(cost_nanos)', 'count(*)') }} as nanos_each
    from queries
    group by workspace, {{ week_of('day') }}

),

qualities as (

    select
        workspace,
        {{ week_of('day') }} as week,
        avg(quality) as quality
    from {{ ref('fct_query_scores') }}
    group by workspace, {{ week_of('day') }}

),

final as (

    select
        alerts.finding_id,
        alerts.week,
        alerts.workspace
    from alerts
    cross join horizon
    left join weeks
        on alerts.workspace = weeks.workspace and alerts.week = weeks.week
    left join weeks as weeks_before
        on
            alerts.workspace = weeks_before.workspace
            and weeks_before.week = {{ days_after('alerts.week', -7) }}
    left join qualities
        on alerts.workspace = qualities.workspace and alerts.week = qualities.week
    left join qualities as qualities_before
        on
            alerts.workspace = qualities_before.workspace
            and qualities_before.week = {{ days_after('alerts.week', -7) }}
    where
        {{ days_after('alerts.week', 7) }} > horizon.today
        or (
            alerts.segment_kind = 'all'
            and case alerts.metric
                when 'latency_p95_ms' then weeks.latency_p95_ms <= weeks_before.latency_p95_ms
                when 'success_rate' then weeks.success_rate >= weeks_before.success_rate
                when 'quality' then qualities.quality >= qualities_before.quality
                else weeks.nanos_each <= weeks_before.nanos_each
            end
        )

)

select * from final
