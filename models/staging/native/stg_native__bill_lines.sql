-- One row a line of a provider's invoice.
with

source_rows as (

    select * from {{ source('raw', 'bill_log') }}
    where {{ is_admitted('batch_id') }}

),

renamed as (

    select
        event_key as bill_line_key,
        {{ source_relation('raw', 'bill_log') }} as source_relation,
        batch_id,
        line_no,
        event_id,
        ts as occurred_at,
        {{ short_name('workspace') }} as workspace,
        source,
        environment,
        release,
        region,
        project,
        {{ id_or_none('task_id') }} as task_id,
        trace_id,
        span_id,
        parent_span_id,
        {{ id_or_none('session_id') }} as session_id,
        subject_ref,
        attributes,
        {{ short_name('provider') }} as provider,
        day as billed_day,
        amount,
        {{ short_name('model') }} as model,
        currency,
        units
    from source_rows

)

select * from renamed
