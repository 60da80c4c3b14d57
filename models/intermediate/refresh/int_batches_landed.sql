-- One row an admitted batch: when it landed, hence since when its rows are known.
with

batches as (

    select * from {{ ref('stg_native__batches') }}

),

final as (

    select
        batch_id,
        landed_at
    from batches

)

select * from final
