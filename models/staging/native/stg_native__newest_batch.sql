-- One row: when the newest batch landed. Every mart asks, so it is asked of the ledger itself: here Postgres
-- looks it up in an index, while through the view over the ledger it would read all of it.
with

source_rows as (

    select landed_at from {{ source('landing', 'batch') }}
    where {{ is_admitted('batch_id') }}

),

renamed as (

    select
        {{ source_relation('landing', 'batch') }} as source_relation,
        max(landed_at) as landed_at
    from source_rows

)

select * from renamed
