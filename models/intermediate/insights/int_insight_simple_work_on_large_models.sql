-- One row a workspace: what four weeks of simple questions cost on other models than the small one, beside
-- what they would have cost there, at the average of such questions. Who draws pictures, and is paid by
-- them, cannot be replaced.
with

complexity_analysis as (

    select * from {{ ref('complexity_analysis') }}

),

spend_overview as (

    select * from {{ ref('spend_overview') }}

),

first_days as (

    select * from {{ ref('int_first_days') }}

),

windows as (

    select * from {{ ref('int_insight_windows') }}

),

rules as (

    select * from {{ ref('insight_rules') }}
    where rule = 'simple_work_on_large_models'

),

simple as (

    select
        complexity_analysis.workspace,
        sum(case when complexity_analysis.model_role = 'small' then complexity_analysis.cost_usd end)
            as small_usd,
        sum(case when complexity_analysis.model_role = 'small' then complexity_analysis.queries end)
            as small_queries,
        sum(case when complexity_analysis.model_role <> 'small' then complexity_analysis.cost_usd end)
            as other_usd,
        sum(case when complexity_analysis.model_role <> 'small' then complexity_analysis.queries end)
            as other_queries,
        sum(complexity_analysis.unpriced_calls) as unpriced_calls
    from complexity_analysis
    cross join windows
    where
        complexity_analysis.tier = 'low'
        and complexity_analysis.total_tokens > 0
        and complexity_analysis.model <> '(none)'
        and complexity_analysis.week >= windows.four_weeks_start
        and complexity_analysis.week < windows.weeks_end
    group by complexity_analysis.workspace

),

spent as (

    select
        spend_overview.workspace,
        windows.four_weeks_start as period_start,
        windows.weeks_end as period_end,
        sum(spend_overview.cost_usd) as spent_usd
    from spend_overview
    cross join windows
    where spend_overview.day >= windows.four_weeks_start and spend_overview.day < windows.weeks_end
    group by spend_overview.workspace, windows.four_weeks_start, windows.weeks_end

),

compared as (

    select
        simple.workspace,
        spent.period_start,
        spent.period_end,
        {{ days_between('greatest(spent.period_start, first_days.first_day)', 'spent.period_end') }} as days,
        spent.spent_usd,
        simple.other_usd - simple.other_queries * simple.small_usd / simple.small_queries as saving_usd
    from simple
    inner join spent
        on simple.workspace = spent.workspace
    inner join first_days
        on simple.workspace = first_days.workspace
    where
        simple.unpriced_calls = 0
        and simple.small_queries >= {{ var('minimum_queries_to_judge') }}
        and simple.other_queries >= {{ var('minimum_queries_to_judge') }}

),

found as (

    select
        compared.workspace,
        'all' as subject,
        compared.period_start,
        compared.period_end,
        compared.saving_usd,
        compared.days,
        rules.threshold,
        'low' as tier,
        compared.saving_usd / compared.spent_usd as value,
        'Simple questions on larger models: ' || {{ said_usd('compared.saving_usd / compared.days') }}
        || ' a day could be saved'
            as title,
        'Spending ' || {{ said_usd('compared.spent_usd / compared.days') }}
        || ' a day; the small model for simple questions could save '
        || {{ said_usd('compared.saving_usd / compared.days') }} || ' a day, '
        || {{ said_share('compared.saving_usd / compared.spent_usd') }} || '.' as description
    from compared
    cross join rules
    where compared.spent_usd > 0 and compared.saving_usd >= rules.threshold * compared.spent_usd

),

final as (

    select
        {{ insight_columns(
            'complexity_analysis', ['workspace', 'tier'], 'week',
            impact=a_month('saving_usd', 'days'), severity=severity_of('value', 'threshold')
        ) }}
    from found

)

select * from final
