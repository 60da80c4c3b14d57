-- One row a local day, workspace and model: how much of its context window the queries used, and what did
-- not fit. Only queries count that logged both the tokens of their context and its limit.
with

spend as (

    select
        day,
        workspace,
        model,
        {{ sum_counts('queries') }} as queries,
        {{ sum_counts('context_queries') }} as context_queries,
        {{ sum_counts('context_warned_queries') }} as context_warned_queries,
        {{ sum_counts('context_full_queries') }} as context_full_queries,
        {{ sum_counts('truncated_queries') }} as truncated_queries,
        {{ sum_counts('truncated_tokens') }} as truncated_tokens
    from {{ ref('agg_spend_daily') }}
    group by day, workspace, model

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

final as (

    select
        spend.day,
        spend.workspace,
        spend.model,
        spend.day < horizon.today as is_complete,
        spend.queries,
        spend.context_queries,
        {{ ratio('spend.context_warned_queries', 'spend.context_queries') }} as warning_share,
        {{ ratio('spend.context_full_queries', 'spend.context_queries') }} as truncation_share,
        {{ ratio('spend.truncated_queries', 'spend.context_queries') }} as overflow_rate,
        case when spend.context_queries > 0 then spend.truncated_tokens end as truncated_tokens
    from spend
    cross join horizon

)

select * from final
