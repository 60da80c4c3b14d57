-- One row a rule of insights, built or not yet: what it looks for, and how much it finds now.
with

rules as (

    select * from {{ ref('insight_rules') }}

),

counted as (

    select
        rule,
        count(*) as findings,
        count(distinct workspace) as workspaces
    from {{ ref('insights') }}
    group by rule

),

final as (

    select
        rules.rule,
        rules.type,
        rules.is_built,
        case
            when not rules.is_built then 'not_built'
            when counted.findings > 0 then 'found'
            else 'nothing_found'
        end as status,
        rules.threshold,
        rules.unit,
        rules.description,
        rules.recommendation,
        case when rules.is_built then coalesce(counted.findings, 0) end as findings,
        case when rules.is_built then coalesce(counted.workspaces, 0) end as workspaces
    from rules
    left join counted
        on rules.rule = counted.rule

)

select * from final
