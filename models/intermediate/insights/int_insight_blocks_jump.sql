-- One row a workspace and guardrail that blocks a far greater share of its checks in the last seven days than
-- in the four weeks before: by the threshold, and by three deviations of a share.
with

safety_metrics as (

    select * from {{ ref('safety_metrics') }}

),

windows as (

    select * from {{ ref('int_insight_windows') }}

),

rules as (

    select * from {{ ref('insight_rules') }}
    where rule = 'blocks_jump'

),

days as (

    -- A guardrail's checks stand on each of its categories.
    select
        workspace,
        day,
        guardrail,
        sum(blocked) as blocked,
        max(judged_checks_of_guardrail) as checks
    from safety_metrics
    group by workspace, day, guardrail

),

counted as (

    select
        days.workspace,
        days.guardrail,
        windows.days_7_start as period_start,
        windows.period_end,
        sum(case when days.day >= windows.days_7_start then days.blocked else 0 end) as blocked,
        sum(case when days.day >= windows.days_7_start then days.checks else 0 end) as checks,
        sum(case when days.day < windows.days_7_start then days.blocked else 0 end) as blocked_before,
        sum(case when days.day < windows.days_7_start then days.checks else 0 end) as checks_before
    from days
    cross join windows
    where days.day between {{ days_after('windows.days_7_start', -28) }} and windows.last_day
    group by days.workspace, days.guardrail, windows.days_7_start, windows.period_end

),

rated as (

    select
        *,
        {{ ratio('blocked', 'checks') }} as rate,
        {{ ratio('blocked_before', 'checks_before') }} as rate_before,
        {{ ratio('(blocked + blocked_before)', '(checks + checks_before)') }} as rate_of_all
    from counted
    where
        checks >= {{ var('minimum_queries_to_judge') }}
        and checks_before >= {{ var('minimum_queries_to_judge') }}

),

found as (

    select
        rated.workspace,
        rated.guardrail,
        rated.guardrail as subject,
        rated.period_start,
        rated.period_end,
        rules.threshold,
        rated.rate / nullif(rated.rate_before, 0) as value,
        'A guardrail blocks ' || {{ said_share('rated.rate') }} || ' of what it checks, after '
        || {{ said_share('rated.rate_before') }} as title,
        {{ said_number('rated.blocked') }} || ' of ' || {{ said_number('rated.checks') }}
        || ' checks of the last seven days were blocked, ' || {{ said_number('rated.blocked_before') }}
        || ' of '
        || {{ said_number('rated.checks_before') }} || ' in the four weeks before.' as description
    from rated
    cross join rules
    where
        rated.rate >= rules.threshold * rated.rate_before
        and rated.rate - rated.rate_before
        > 3 * sqrt(
            rated.rate_of_all * (1 - rated.rate_of_all) * (1.0 / rated.checks + 1.0 / rated.checks_before)
        )

),

final as (

    select
        {{ insight_columns(
            'safety_metrics', ['workspace', 'guardrail'], 'day',
            severity=severity_of('coalesce(value, 2 * threshold)', 'threshold')
        ) }}
    from found

)

select * from final
