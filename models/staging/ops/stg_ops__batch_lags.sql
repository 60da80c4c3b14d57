-- One row a batch and log that it brought rows of.
with

source_rows as (

    select * from {{ source('ops', 'batch_lag') }}

),

renamed as (

    select
        batch_id,
        log,
        {{ source_relation('ops', 'batch_lag') }} as source_relation,
        accepted as row_count,
        landed_at,
        visible_at,
        lag_ms,
        status
    from source_rows

)

select * from renamed
