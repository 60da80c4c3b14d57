-- One row a refresh and model that it changed. Of a touched model the first step collects the keys that
-- were looked at again, and the last writes the rows that came out new.
with

source_rows as (

    select * from {{ source('ops', 'refresh_log') }}

),

items as (

    select
        refresh_id,
        started_at,
        target,
        {{ json_items('models') }} as item
    from source_rows

),

renamed as (

    select
        refresh_id,
        {{ source_relation('ops', 'refresh_log') }} as source_relation,
        started_at,
        {{ json_text('item', 'model') }} as model_name,
        {{ json_position('item', 'rows', 0) }} as keys_looked_at,
        {{ json_position('item', 'rows', 3) }} as rows_written,
        {{ to_double(json_text('item', 'ms')) }} as duration_ms,
        target
    from items

)

select * from renamed
