-- The latency histogram of a local week by workspace and segment, a page of log buckets a row.
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
        queries.latency_bucket as bucket,
        queries.sign
    from queries
    cross join kinds

),

final as (

    {{ histogram('clocked', ['workspace', 'week', 'segment_kind', 'segment']) }}

)

select * from final
