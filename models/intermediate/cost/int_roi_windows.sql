-- One row a workspace and period that its return on investment is told for: months, quarters, the 90 days
-- that end with the newest complete day, and the days that the reader asks for.
with

horizon as (

    select * from {{ ref('int_horizon') }}

),

spans as (

    select
        calendar.workspace,
        max(case when calendar.day < horizon.today then calendar.day end) as last_whole_day
    from {{ ref('int_roi_calendar') }} as calendar
    cross join horizon
    group by calendar.workspace

),

final as (

    {% for kind in ['month', 'quarter'] -%}
        select distinct
            workspace,
            '{{ kind }}' as period,
            {{ period_start('day', "'" ~ kind ~ "'") }} as period_start,
            {{ period_end('day', "'" ~ kind ~ "'") }} as period_end
        from {{ ref('int_roi_calendar') }}
        union all
    {% endfor -%}
    select
        workspace,
        'last_90_days' as period,
        {{ days_after('last_whole_day', -89) }} as period_start,
        {{ days_after('last_whole_day', 1) }} as period_end
    from spans
    where last_whole_day is not null
    union all
    select
        workspace,
        'asked' as period,
        {{ asked_day('first_day') }} as period_start,
        {{ days_after(asked_day('last_day'), 1) }} as period_end
    from spans
    where {{ asked_day('first_day') }} <= {{ asked_day('last_day') }}

)

select * from final
