-- One row a person and active day, with the next one where that comes within 28 days. The key is a block of
-- 28 days: a new day can only change the rows of its own block and of the one before.
{{ config(materialized='touched', key=['subject_ref', 'block']) }}
with

days as (

    select * from {{ keyed(ref('srv_user_days'), ['subject_ref', 'block'], makes_rows='always') }}

),

later_days as (

    select * from {{ keyed(ref('srv_user_days'), ['subject_ref', 'previous_block']) }}

),

united as (

    select
        subject_ref,
        workspace,
        block,
        day,
        true as is_of_block
    from days
    union all
    select
        subject_ref,
        workspace,
        previous_block as block,
        day,
        false as is_of_block
    from later_days

),

followed as (

    select
        *,
        lead(day) over (partition by subject_ref, block order by day) as following_day
    from united

),

final as (

    select
        subject_ref,
        block,
        workspace,
        day,
        case when following_day <= {{ days_after('day', 28) }} then following_day end as next_active_day
    from followed
    where is_of_block

)

select * from final
