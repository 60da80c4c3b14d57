-- One row a local week and workspace: which model was the large one, and which the small. Nobody states it,
-- so it is read off the routing: the large one took most queries of the high and medium tiers, the small one
-- most of the low tier among the others. Beside no large model none is small.
with

queries as (

    select * from {{ ref('agg_complexity_weekly') }}

),

models as (

    -- Models that are paid by the picture or the second have no tokens: nothing is routed between them.
    select
        queries.workspace,
        queries.week,
        queries.model,
        {{ sum_counts('queries.queries') }} as queries,
        {{ sum_counts("case when queries.tier in ('high', 'medium') then queries.queries else 0 end") }}
            as upper_queries,
        {{ sum_counts("case when queries.tier = 'low' then queries.queries else 0 end") }} as low_queries,
        {{ sum_counts(all_tokens('queries')) }} as tokens,
        {{ sum_counts('queries.cost_nanos') }} as cost_nanos,
        {{ sum_counts('queries.unpriced_calls') }} as unpriced_calls
    from queries
    group by queries.workspace, queries.week, queries.model

),

routable as (

    select
        *,
        tokens > 0 and model <> '(none)' as is_routable
    from models

),

ranked as (

    select
        *,
        row_number() over (
            partition by workspace, week
            order by is_routable desc, upper_queries desc, queries desc, model asc
        ) as place
    from routable

),

large as (

    select
        *,
        is_routable and upper_queries > 0 and place = 1 as is_large
    from ranked

),

others as (

    select
        *,
        bool_or(is_large) over (partition by workspace, week) as has_large,
        row_number() over (
            partition by workspace, week
            order by is_large asc, is_routable desc, low_queries desc, queries desc, model asc
        ) as place_of_others
    from large

),

roles as (

    select
        *,
        has_large and not is_large and is_routable and low_queries > 0 and place_of_others = 1 as is_small
    from others

),

final as (

    select
        workspace,
        week,
        {{ sum_counts('queries') }} as queries,
        max(case when is_large then model end) as large_model,
        max(case when is_small then model end) as small_model,
        {{ sum_counts('case when is_large then queries end') }} as large_queries,
        {{ sum_counts('case when is_large then tokens end') }} as large_tokens,
        {{ sum_counts('case when is_large then cost_nanos end') }} as large_cost_nanos,
        {{ sum_counts('case when is_large then unpriced_calls end') }} as large_unpriced_calls,
        {{ sum_counts('case when is_small then queries end') }} as small_queries
    from roles
    group by workspace, week

)

select * from final
