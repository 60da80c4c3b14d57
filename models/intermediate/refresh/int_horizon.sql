-- One row: up to when the models know everything. A period is complete once the horizon has passed its
-- end; no clock is asked, so that a mart says the same whenever it is read.
with

newest_batch as (

    select * from {{ ref('stg_native__newest_batch') }}

),

final as (

    select
        landed_at as as_of,
        {{ local_day('landed_at') }} as today
    from newest_batch

)

select * from final
