-- One row a result of an expectation.
with

source_rows as (

    select * from {{ source('ops', 'check_result') }}

),

renamed as (

    select
        check_result_id,
        {{ source_relation('ops', 'check_result') }} as source_relation,
        suite,
        expectation,
        checked_at,
        since as landed_since,
        succeeded as is_success,
        evaluated as evaluated_count,
        unexpected as unexpected_count,
        duration_ms,
        job_run_id
    from source_rows

)

select * from renamed
