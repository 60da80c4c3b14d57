-- One row an override: a person changed a default that was learned for them. A view over one log.
with

usage_events as (

    select * from {{ ref('stg_native__usage_events') }}

),

settings as (

    select * from {{ ref('preference_settings') }}

),

final as (

    select
        usage_events.usage_event_key,
        usage_events.batch_id,
        usage_events.workspace,
        usage_events.subject_ref,
        usage_events.occurred_at,
        {{ local_day('usage_events.occurred_at') }} as day,
        settings.setting
    from usage_events
    inner join settings
        on
            usage_events.surface = settings.surface
            and {{ json_text('usage_events.attributes', 'setting') }} = settings.attribute
    where usage_events.action = 'override_default' and usage_events.subject_ref is not null

)

select * from final
