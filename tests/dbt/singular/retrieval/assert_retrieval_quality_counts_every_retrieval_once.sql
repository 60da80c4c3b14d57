-- A row is a day and workspace whose retrievals, errors, results or latencies in retrieval_quality are not
-- those of fct_retrievals: a retrieval is missing, or its passages made it count twice.
{{ config(meta={'dagster': {'ref': {'name': 'retrieval_quality'}}}) }}
with

facts as (

    select
        workspace,
        day,
        count(*) as retrievals,
        count(*) filter (where status = 'error') as errors,
        sum(result_count) as results,
        count(latency_ms) as measured_retrievals
    from {{ ref('fct_retrievals') }}
    group by workspace, day

),

mart as (

    select
        workspace,
        day,
        sum(retrievals) as retrievals,
        sum(errors) as errors,
        sum(results) as results,
        sum(measured_retrievals) as measured_retrievals
    from {{ ref('retrieval_quality') }}
    group by workspace, day

),

final as (

    select
        coalesce(facts.workspace, mart.workspace) as workspace,
        coalesce(facts.day, mart.day) as day,
        facts.retrievals as retrievals_of_facts,
        mart.retrievals as retrievals_of_mart,
        facts.errors as errors_of_facts,
        mart.errors as errors_of_mart,
        facts.results as results_of_facts,
        mart.results as results_of_mart,
        facts.measured_retrievals as measured_retrievals_of_facts,
        mart.measured_retrievals as measured_retrievals_of_mart
    from facts
    full outer join mart on facts.workspace = mart.workspace and facts.day = mart.day
    where
        facts.retrievals is distinct from mart.retrievals
        or facts.errors is distinct from mart.errors
        or facts.results is distinct from mart.results
        or facts.measured_retrievals is distinct from mart.measured_retrievals

)

select * from final
