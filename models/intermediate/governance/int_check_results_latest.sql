-- One row an expectation: what it found last, and how often it failed within the last weeks.
with

results as (

    select
        *,
        row_number() over (
            partition by suite, expectation order by checked_at desc, check_result_id desc
        ) as nth_latest
    from {{ ref('stg_ops__check_results') }}

),

recent as (

    select
        suite,
        expectation,
        count(*) as checks,
        {{ count_if('not is_success') }} as failed_checks
    from results
    where checked_at >= {{ days_ago(var('job_window_days')) }}
    group by suite, expectation

),

final as (

    select
        results.suite,
        results.expectation,
        results.checked_at,
        results.landed_since,
        results.is_success,
        results.evaluated_count,
        results.unexpected_count,
        {{ ratio('results.unexpected_count', 'results.evaluated_count') }} as unexpected_share,
        coalesce(recent.checks, 0) as checks,
        coalesce(recent.failed_checks, 0) as failed_checks
    from results
    left join recent on results.suite = recent.suite and results.expectation = recent.expectation
    where results.nth_latest = 1

)

select * from final
