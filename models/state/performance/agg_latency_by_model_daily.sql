-- The latency histogram of a local day by workspace and model, over all surfaces. Windows of days are merged
-- from it while somebody waits, so it is as few rows as can be.
{{ config(key=['workspace', 'day', 'provider', 'model', 'page']) }}
with

queries as (

    select * from {{ changes(ref('fct_queries')) }} as changes

),

clocked as (

    select
        workspace,
        day,
        {{ labelled('provider') }} as provider,
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
        day,
        provider,
        model,
        page,
        {{ page_counts() }}
    from paged
    group by workspace, day, provider, model, page

)

select * from final
