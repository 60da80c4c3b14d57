-- One row a person and local day on which that person asked something, and nothing else: a further query on
-- the day changes nothing here, so nothing that stands on it is recomputed.
{{ config(
    materialized='touched',
    key=['subject_ref', 'day'],
    indexes=[
        {'columns': ['subject_ref', 'block']},
        {'columns': ['subject_ref', 'previous_block']},
        {'columns': ['subject_ref', 'week']},
    ],
) }}
with

user_days as (

    select * from {{ keyed(ref('agg_user_days'), ['subject_ref', 'day']) }}

),

asked as (

    select * from user_days
    where queries > 0

),

final as (

    select
        subject_ref,
        workspace,
        day,
        {{ week_of('day') }} as week,
        {{ block_of('day') }} as block,
        {{ block_of('day') }} - 1 as previous_block
    from asked

)

select * from final
