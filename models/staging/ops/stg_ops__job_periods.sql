-- One row a job and period that has ended.
with

source_rows as (

    select * from {{ source('ops', 'job_period') }}

),

renamed as (

    select
        job,
        {{ source_relation('ops', 'job_period') }} as source_relation,
        cadence,
        period_start,
        period_end,
        due_at
    from source_rows

)

select * from renamed
