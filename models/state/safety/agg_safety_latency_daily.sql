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

paged as (

    select
        *,
        {{ bucket_page('bucket') }} as page,
        {{ bucket_slot('bucket') }} as slot
    from clocked
    where bucket is not null
    {{ computed_once() }}

),

final as (

    select
        workspace,
        day,
        guardrail,
        category,
        page,
        {{ page_counts() }}
    from paged
    group by workspace, day, guardrail, category, page

)

select * from final
