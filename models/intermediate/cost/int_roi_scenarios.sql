-- One row a scenario: everything as stated, or one parameter (`varied`) at the low or the high end of its
-- range.
with

sides as (

    select 'low' as scenario
    union all
    select 'high' as scenario

),

final as (

    select
        '(none)' as varied,
        'stated' as scenario
    union all
    select distinct
        stated.name as varied,
        sides.scenario
    from {{ ref('roi_parameters') }} as stated
    cross join sides
    where stated.low is not null

)

select * from final
