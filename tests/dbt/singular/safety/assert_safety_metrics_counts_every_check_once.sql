-- A row is a day, workspace and guardrail whose checks, hits, errors or overrides in safety_metrics are not
-- those of fct_guardrail_checks: a check is missing, or counts twice.
{{ config(meta={'dagster': {'ref': {'name': 'safety_metrics'}}}) }}
with

facts as (

    select
        workspace,
        day,
        guardrail,
        count(*) as checks,
        count(*) filter (where verdict not in ('pass', 'error')) as hits,
        count(*) filter (where verdict = 'error') as errors,
        count(human_override) as reviewed
    from {{ ref('fct_guardrail_checks') }}
    group by workspace, day, guardrail

),

mart as (

    select
        workspace,
        day,
        guardrail,
        sum(checks) as checks,
        sum(hits) as hits,
        sum(errors) as errors,
        sum(upheld + overturned) as reviewed
    from {{ ref('safety_metrics') }}
    group by workspace, day, guardrail

),

final as (

    select
        coalesce(facts.workspace, mart.workspace) as workspace,
        coalesce(facts.day, mart.day) as day,
        coalesce(facts.guardrail, mart.guardrail) as guardrail,
        facts.checks as checks_of_facts,
        mart.checks as checks_of_mart,
        facts.hits as hits_of_facts,
        mart.hits as hits_of_mart,
        facts.errors as errors_of_facts,
        mart.errors as errors_of_mart,
        facts.reviewed as reviewed_of_facts,
        mart.reviewed as reviewed_of_mart
    from facts
    full outer join mart
        on
            facts.workspace = mart.workspace
            and facts.day = mart.day
            and facts.guardrail = mart.guardrail
    where
        facts.checks is distinct from mart.checks
        or facts.hits is distinct from mart.hits
        or facts.errors is distinct from mart.errors
        or facts.reviewed is distinct from mart.reviewed

)

select * from final
