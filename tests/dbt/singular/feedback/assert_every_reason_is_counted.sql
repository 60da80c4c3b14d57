-- A row is a week and workspace in which the weekly reasons are named more or less often than the signals
-- of fct_feedback name them, or named and not shown.
{{ config(meta={'dagster': {'ref': {'name': 'feedback_analysis'}}}) }}
with

tagged as (

    select distinct
        feedback_key,
        workspace,
        {{ week_of('day') }} as week,
        {{ each_of('reasons') }} as tag
    from {{ ref('fct_feedback') }}
    where is_current and is_answered and feedback_type <> 'implicit'

),

facts as (

    select
        workspace,
        week,
        count(*) as mentions,
        true as is_shown
    from tagged
    where tag <> ''
    group by workspace, week

),

mart as (

    select
        reasons.workspace,
        reasons.week,
        sum(reasons.entries) as mentions,
        bool_and(feedback_analysis.top_reasons is not null) as is_shown
    from {{ ref('agg_feedback_reasons_weekly') }} as reasons
    left join {{ ref('feedback_analysis') }} as feedback_analysis
        on
            reasons.workspace = feedback_analysis.workspace
            and reasons.week = feedback_analysis.week
            and reasons.surface = feedback_analysis.surface
    group by reasons.workspace, reasons.week

),

final as (

    select
        coalesce(facts.workspace, mart.workspace) as workspace,
        coalesce(facts.week, mart.week) as week,
        facts.mentions as mentions_of_facts,
        mart.mentions as mentions_of_mart,
        facts.is_shown as is_shown_of_facts,
        mart.is_shown as is_shown_of_mart
    from facts
    full outer join mart on facts.workspace = mart.workspace and facts.week = mart.week
    where
        facts.mentions is distinct from mart.mentions
        or facts.is_shown is distinct from mart.is_shown

)

select * from final
