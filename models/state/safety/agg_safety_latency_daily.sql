-- The latency histogram of the guardrail checks of a local day by workspace, guardrail and category, a page
-- of log buckets a row. Percentiles do not add up, histograms do.
{{ config(key=['workspace', 'day', 'guardrail', 'category', 'page']) }}
with

guardrail_checks as (

    select * from {{ changes(ref('fct_guardrail_checks')) }} as changes

),

clocked as (

    select
        workspace,
        day,
        guardrail,
        {{ labelled('category') }} as category,
        {{ latency_bucket('latency_ms') }} as bucket,
        sign
    from guardrail_checks
    {{ computed_once() }}

),

final as (

    {{ histogram('clocked', ['workspace', 'day', 'guardrail', 'category']) }}

)

select * from final
