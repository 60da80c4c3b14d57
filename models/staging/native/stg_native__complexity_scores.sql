-- One row a complexity that the offline scorer computed from a prompt. Apart from the other evaluations, so
-- that those touch no query; nor does what others call a complexity.
with

source_rows as (

    select * from {{ source('raw', 'evaluation_log') }}
    where {{ is_admitted('batch_id') }}

),

renamed as (

    select
        event_key as evaluation_key,
        {{ source_relation('raw', 'evaluation_log') }} as source_relation,
        batch_id,
        line_no,
        {{ reference('workspace', 'target_id') }} as target_ref,
        evaluator_version,
        {{ to_double(json_text('metrics', 'complexity')) }} as complexity
    from source_rows
    where target_type = 'query' and evaluator = 'complexity' and {{ by_assay() }}

)

select * from renamed
