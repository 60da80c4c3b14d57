-- The latency histogram of a local week by workspace and segment, eight log buckets a row.
{{ config(key=['workspace', 'week', 'segment_kind', 'segment', 'page']) }}
with

queries as (

    select * from {{ changes(ref('fct_queries')) }} as changes

),

kinds as (

    {{ segment_kinds() }}

),

clocked as (

    select
        queries.workspace,
        {{ week_of('queries.day') }} as week,
        kinds.segment_kind,
        {{ segment_of_query() }} as segment,
        {{ latency_bucket('queries.latency_ms') }} as bucket,
        queries.sign
    from queries
    cross join kinds
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
        segment_kind,
        segment,
        page,
        {{ page_counts() }}
    from paged
    group by workspace, week, segment_kind, segment, page

)

select * from final
