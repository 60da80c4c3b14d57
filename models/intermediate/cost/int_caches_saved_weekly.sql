-- One row a local week and workspace for each of two caches: what they saved, and what it would have been
-- without. The prompt cache is known call by call, by the price book. A response that came from a cache
-- saved what its like cost in the same week: of the same surface and feature, not from a cache.
with

costs as (

    select
        workspace,
        {{ week_of('day') }} as week,
        {{ sum_counts('calls') }} as calls,
        {{ sum_counts('computed_calls') }} as computed_calls,
        {{ sum_counts('cache_read_tokens + cache_write_tokens') }} as cached_tokens,
        {{ sum_counts('computed_nanos') }} as computed_nanos,
        {{ sum_counts('cache_saved_nanos') }} as saved_nanos
    from {{ ref('agg_costs_daily') }}
    group by workspace, {{ week_of('day') }}

),

cells as (

    select
        workspace,
        {{ week_of('day') }} as week,
        surface,
        feature,
        {{ sum_counts("case when response_cache not in ('miss', '(none)') then queries else 0 end") }}
            as hits,
        {{ sum_counts("case when response_cache not in ('miss', '(none)') then cost_nanos else 0 end") }}
            as hit_nanos,
        {{ sum_counts("case when response_cache = 'miss' then priced_queries else 0 end") }} as misses,
        {{ sum_counts("case when response_cache = 'miss' then cost_nanos else 0 end") }} as miss_nanos,
        {{ sum_counts("case when response_cache <> '(none)' then queries else 0 end") }} as told
    from {{ ref('agg_spend_daily') }}
    group by workspace, {{ week_of('day') }}, surface, feature

),

responses as (

    select
        workspace,
        week,
        {{ sum_counts('told') }} as told,
        {{ sum_counts('hits') }} as hits,
        {{ sum_counts('case when misses >= ' ~ var('minimum_queries_to_judge') ~ ' then hits else 0 end') }}
            as comparable_hits,
        cast(round(sum(case
            when
                misses >= {{ var('minimum_queries_to_judge') }}
                then hits * cast(miss_nanos as decimal(38, 9)) / misses
        end)) as decimal(38, 0)) as without_nanos,
        sum(case when misses >= {{ var('minimum_queries_to_judge') }} then hit_nanos end) as with_nanos
    from cells
    group by workspace, week

),

final as (

    select
        workspace,
        week,
        'prompt_cache' as lever,
        computed_nanos as with_nanos,
        cast(computed_nanos + saved_nanos as decimal(38, 0)) as without_nanos,
        case
            when computed_calls = 0 then 'no_prices'
            when computed_calls < calls then 'prices_incomplete'
            when cached_tokens = 0 then 'not_used'
        end as not_estimable_because
    from costs
    union all
    select
        workspace,
        week,
        'response_cache' as lever,
        with_nanos,
        without_nanos,
        case
            when told = 0 then 'not_logged'
            when hits = 0 then 'not_used'
            when comparable_hits < hits then 'nothing_to_compare_with'
        end as not_estimable_because
    from responses

)

select * from final
