-- One row a landed batch: the ledger that says when every row of every log became visible.
with

source_rows as (

    select * from {{ source('landing', 'batch') }}
    where {{ is_admitted('batch_id') }}

),

renamed as (

    select
        batch_id,
        {{ source_relation('landing', 'batch') }} as source_relation,
        reader,
        file as file_name,
        first_line,
        byte_start,
        byte_end,
        lines as line_count,
        accepted as accepted_lines,
        duplicate as duplicate_lines,
        conflict as conflict_lines,
        quarantined as quarantined_lines,
        accepted_by_kind,
        contract_version,
        landed_at
    from source_rows

)

select * from renamed
