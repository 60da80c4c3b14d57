-- Sums over the queries of a local day and workspace: the grain of the first dashboard.
{{ config(key=['workspace', 'day']) }}
with

queries as (

    select * from {{ changes(ref('fct_queries')) }} as changes

),

final as (

    select
        workspace,
        day,
        {{ query_measures() }}
    from queries
    group by workspace, day

)

select * from final
