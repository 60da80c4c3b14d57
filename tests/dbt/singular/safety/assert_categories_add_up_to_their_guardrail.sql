-- A row is a day, workspace and guardrail whose judged checks are not the sum of those of its categories:
-- hits in a check of the guardrail would be shares of something else.
{{ config(meta={'dagster': {'ref': {'name': 'safety_metrics'}}}) }}
with

final as (

    select
        workspace,
        day,
        guardrail,
        sum(judged_checks) as judged_checks,
        min(judged_checks_of_guardrail) as judged_checks_of_guardrail
    from {{ ref('safety_metrics') }}
    group by workspace, day, guardrail
    having
        sum(judged_checks) is distinct from min(judged_checks_of_guardrail)
        or min(judged_checks_of_guardrail) is distinct from max(judged_checks_of_guardrail)

)

select * from final
