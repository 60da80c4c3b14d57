-- Rows of the facts that join logs, by local day, workspace and log: a join could lose a row, or repeat it.
-- Lines that tell a query together with an outer one are a log of their own, `query_part`.
{{ config(key=['workspace', 'day', 'log']) }}
with

queries as (

    select * from {{ changes(ref('fct_queries')) }} as changes

),

parts as (

    select * from {{ changes(ref('fct_query_parts')) }} as changes

),

costs as (

    select * from {{ changes(ref('fct_costs')) }} as changes

),

feedback as (

    select * from {{ changes(ref('fct_feedback')) }} as changes

),

united as (

    select
        workspace,
        day,
        'query' as log,
        sign
    from queries
    union all
    select
        workspace,
        day,
        'query_part' as log,
        sign
    from parts
    where place > 1
    union all
    select
        workspace,
        day,
        'cost' as log,
        sign
    from costs
    union all
    select
        workspace,
        day,
        'feedback' as log,
        sign
    from feedback

),

final as (

    select
        workspace,
        day,
        log,
        {{ sum_counts('sign') }} as entries
    from united
    group by workspace, day, log

)

select * from final
