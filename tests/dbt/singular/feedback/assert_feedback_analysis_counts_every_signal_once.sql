-- A row is a week and workspace whose asks, opinions, ratings or guesses in feedback_analysis are not those
-- of fct_feedback: a signal is missing, counts twice, or counts although an edit superseded it.
{{ config(meta={'dagster': {'ref': {'name': 'feedback_analysis'}}}) }}
with

facts as (

    select
        workspace,
        {{ week_of('day') }} as week,
        count(*) filter (where is_ask) as asked,
        count(*) filter (where is_current and sentiment <> 0) as opinions,
        count(feedback_value) filter (where is_current and is_answered and feedback_type = 'stars')
            as ratings,
        count(*) filter (where is_current and is_answered and feedback_type = 'implicit') as implicit_signals
    from {{ ref('fct_feedback') }}
    group by workspace, {{ week_of('day') }}

),

mart as (

    select
        workspace,
        week,
        sum(asked) as asked,
        sum(positive + negative) as opinions,
        sum(ratings) as ratings,
        sum(implicit_signals) as implicit_signals
    from {{ ref('feedback_analysis') }}
    group by workspace, week

),

final as (

    select
        coalesce(facts.workspace, mart.workspace) as workspace,
        coalesce(facts.week, mart.week) as week,
        facts.asked as asked_of_facts,
        mart.asked as asked_of_mart,
        facts.opinions as opinions_of_facts,
        mart.opinions as opinions_of_mart,
        facts.ratings as ratings_of_facts,
        mart.ratings as ratings_of_mart,
        facts.implicit_signals as implicit_signals_of_facts,
        mart.implicit_signals as implicit_signals_of_mart
    from facts
    full outer join mart on facts.workspace = mart.workspace and facts.week = mart.week
    where
        facts.asked is distinct from mart.asked
        or facts.opinions is distinct from mart.opinions
        or facts.ratings is distinct from mart.ratings
        or facts.implicit_signals is distinct from mart.implicit_signals

)

select * from final
