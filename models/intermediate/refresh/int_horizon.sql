-- One row: up to when the models know everything. A period is complete once the horizon has passed its
-- end; no clock is asked, so that a mart says the same whenever it is read.
with

batches as (

    select * from {{ ref('stg_native__batches') }}

),

final as (

    select
        max(landed_at) as as_of,
        {{ local_day('max(landed_at)') }} as today
    from batches

)

select * from final
