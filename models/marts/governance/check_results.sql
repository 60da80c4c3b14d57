-- One row an expectation about what Python lands and scores: what it found last. dbt's own tests speak in the
-- build; these are the checks that stop scoring and reports.
with

latest as (

    select * from {{ ref('int_check_results_latest') }}

),

final as (

    select
        suite,
        expectation,
        checked_at,
        landed_since,
        is_success,
        evaluated_count,
        unexpected_count,
        unexpected_share,
        checks,
        failed_checks
    from latest

)

select * from final
