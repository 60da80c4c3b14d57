-- Sums over the queries of a UTC hour and workspace. Not the parts of a local day: in zones that are half an
-- hour off, an hour belongs to two days.
{{ config(key=['workspace', 'hour_at']) }}
with

queries as (

    select * from {{ changes(ref('fct_queries')) }} as changes

),

final as (

    select
        workspace,
        {{ hour_of('occurred_at') }} as hour_at,
        {{ query_measures() }}
    from queries
    group by workspace, {{ hour_of('occurred_at') }}

)

select * from final
