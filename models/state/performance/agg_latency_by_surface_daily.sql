-- The latency histogram of a local day by workspace, model and surface, a page of log buckets a row.
{{ config(key=['workspace', 'day', 'provider', 'model', 'surface', 'page']) }}
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
        {{ labelled('surface') }} as surface,
        latency_bucket as bucket,
        sign
    from queries

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
        provider,
        model,
        surface,
        page,
        {{ page_counts() }}
    from paged
    group by workspace, day, provider, model, surface, page

)

select * from final
