-- One row a job.
with

source_rows as (

    select * from {{ source('ops', 'job') }}

),

renamed as (

    select
        name as job,
        {{ source_relation('ops', 'job') }} as source_relation,
        cadence,
        limit_s,
        max_attempts,
        description
    from source_rows

)

select * from renamed
