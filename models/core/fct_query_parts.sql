-- One row a line of a query that several lines tell: the spans of a trace, or an id that was used again.
-- The outermost (`place` 1) is the query; what all of them together say stands beside each.
{{ config(materialized='touched', key=['query_ref'], indexes=[{'columns': ['query_key']}]) }}
with

queries as (

    select * from {{ keyed(ref('stg_native__queries'), 'query_ref') }}

),

ids as (

    select query_ref from {{ keyed(ref('stg_native__queries'), 'query_ref') }}

),

repeated as (

    select query_ref
    from ids
    where query_ref is not null
    group by query_ref
    having count(*) > 1

),

begun as (

    select
        queries.*,
        min(queries.occurred_at) over (partition by queries.query_ref) as began_at
    from queries
    inner join repeated on queries.query_ref = repeated.query_ref

),

timed as (

    select
        *,
        {{ milliseconds_apart('began_at', 'occurred_at') }} as offset_ms
    from begun

),

final as (

    select
        queries.query_key,
        queries.query_ref,
        queries.batch_id,
        queries.workspace,
        queries.occurred_at,
        {{ local_day('queries.occurred_at') }} as day,
        row_number() over (partition by queries.query_ref order by {{ outermost_first('queries') }}) as place,
        max(queries.offset_ms + queries.latency_ms) over told as latency_ms,
        min(queries.offset_ms + queries.first_token_ms) over told as first_token_ms,
        sum(queries.retrieval_ms) over told as retrieval_ms,
        sum(queries.llm_ms) over told as llm_ms,
        count(*) over told as line_count,
        {{ first_told() }}
    from timed as queries
    window
        told as (
            partition by queries.query_ref order by {{ outermost_first('queries') }}
            rows between unbounded preceding and unbounded following
        )

)

select * from final
