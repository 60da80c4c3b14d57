-- One row a local day, workspace, guardrail and category that was checked. A check that failed (error) counts
-- in no rate; what names no category has one of its own, so that the rows add up to all checks.
with

checks as (

    select * from {{ ref('agg_safety_daily') }}

),

latency as (

    select * from {{ ref('int_safety_latency_daily') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

measured as (

    select
        checks.day,
        checks.workspace,
        checks.guardrail,
        checks.category,
        checks.day < horizon.today as is_complete,
        checks.entries as checks,
        checks.passed,
        checks.flagged,
        checks.blocked,
        checks.masked,
        checks.errors,
        checks.entries - checks.errors as judged_checks,
        checks.flagged + checks.blocked + checks.masked as hits,
        checks.upheld,
        checks.overturned,
        checks.overturned_hits,
        cast(
            sum(checks.entries - checks.errors) over (
                partition by checks.workspace, checks.day, checks.guardrail
            ) as bigint
        ) as judged_checks_of_guardrail,
        coalesce(cell.measured_checks, 0) as measured_checks,
        cell.latency_p50_ms,
        cell.latency_p95_ms
    from checks
    {{ latency_of_cell(
        'checks',
        ['workspace', 'day', 'guardrail', 'category'],
        ['measured_checks', 'latency_p50_ms', 'latency_p95_ms']
    ) }}
    cross join horizon

),

final as (

    select
        day,
        workspace,
        guardrail,
        category,
        is_complete,
        checks,
        passed,
        flagged,
        blocked,
        masked,
        errors,
        judged_checks,
        hits,
        {{ ratio('hits', 'judged_checks') }} as hit_rate,
        {{ ratio('blocked', 'judged_checks') }} as block_rate,
        {{ not_judged_because('judged_checks') }} as rates_not_judged_because,
        judged_checks_of_guardrail,
        {{ ratio('hits', 'judged_checks_of_guardrail') }} as hits_per_guardrail_check,
        upheld,
        overturned,
        {{ ratio('overturned', '(upheld + overturned)') }} as overturned_rate,
        overturned_hits,
        measured_checks,
        latency_p50_ms,
        latency_p95_ms,
        {{ not_judged_because('measured_checks') }} as latency_not_judged_because
    from measured

)

select * from final
