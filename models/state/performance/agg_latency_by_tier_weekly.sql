-- The latency histogram of a local week by workspace, tier of complexity and model, eight log buckets a row.
{{ config(key=['workspace', 'week', 'tier', 'model', 'page']) }}
with

queries as (

    select * from {{ changes(ref('fct_queries')) }} as changes

),

clocked as (

    select
        workspace,
        {{ week_of('day') }} as week,
        complexity_tier as tier,
        {{ labelled('model') }} as model,
        {{ latency_bucket('latency_ms') }} as bucket,
        sign
    from queries
    {{ computed_once() }}

),

paged as (

    select
        *,
        {{ bucket_page('bucket') }} as page
    from clocked
    where bucket is not null

),

final as (

    select
        workspace,
        week,
        tier,
        model,
        page,
        {{ page_counts() }}
    from paged
    group by workspace, week, tier, model, page

)

select * from final
