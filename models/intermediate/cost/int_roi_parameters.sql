-- One row a workspace, stretch of days, parameter and scenario: the value that holds. Stretches end where any
-- parameter of the workspace changes. In a scenario one parameter (`varied`) has its low or high value.
with

workspaces as (

    select distinct workspace
    from {{ ref('agg_performance_daily') }}

),

parameters as (

    select
        workspaces.workspace,
        stated.workspace <> '*' as is_own,
        stated.name,
        stated.value,
        stated.low,
        stated.high,
        stated.valid_from,
        stated.valid_to
    from workspaces
    inner join {{ ref('roi_parameters') }} as stated
        on workspaces.workspace = stated.workspace or stated.workspace = '*'

),

edges as (

    select
        workspace,
        valid_from
    from parameters
    union distinct
    select
        workspace,
        valid_to as valid_from
    from parameters
    where valid_to is not null

),

stretches as (

    select
        workspace,
        valid_from,
        lead(valid_from) over (partition by workspace order by valid_from) as valid_to
    from edges

),

ranked as (

    select
        stretches.workspace,
        stretches.valid_from,
        stretches.valid_to,
        parameters.name,
        parameters.value,
        parameters.low,
        parameters.high,
        row_number() over (
            partition by stretches.workspace, stretches.valid_from, parameters.name
            order by case when parameters.is_own then 0 else 1 end, parameters.valid_from desc
        ) as place
    from stretches
    inner join parameters
        on
            stretches.workspace = parameters.workspace
            and stretches.valid_from >= parameters.valid_from
            and (stretches.valid_from < parameters.valid_to or parameters.valid_to is null)

),

final as (

    select
        ranked.workspace,
        ranked.valid_from,
        ranked.valid_to,
        scenarios.varied,
        scenarios.scenario,
        ranked.name,
        case
            when ranked.name = scenarios.varied and scenarios.scenario = 'low'
                then coalesce(ranked.low, ranked.value)
            when ranked.name = scenarios.varied then coalesce(ranked.high, ranked.value)
            else ranked.value
        end as value
    from ranked
    cross join {{ ref('int_roi_scenarios') }} as scenarios
    where ranked.place = 1

)

select * from final
