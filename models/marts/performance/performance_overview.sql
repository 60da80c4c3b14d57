-- One row a local day and workspace that had queries, or costs that no query explains. Coarser rows
-- cannot be added up from it: percentiles do not add.
with

queries as (

    select * from {{ ref('agg_performance_daily') }}

),

latency as (

    select * from {{ ref('srv_latency_daily') }}

),

unmatched as (

    select
        workspace,
        day,
        {{ sum_counts('calls') }} as calls,
        {{ sum_counts('priced_calls') }} as priced_calls,
        {{ sum_counts('cost_nanos') }} as cost_nanos
    from {{ ref('agg_costs_daily') }}
    where not is_matched
    group by workspace, day

),

keys as (

    -- From the state itself: a step that is read twice is computed for all workspaces, whichever is asked.
    select
        workspace,
        day
    from {{ ref('agg_performance_daily') }}
    union distinct
    select
        workspace,
        day
    from {{ ref('agg_costs_daily') }}
    where not is_matched

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

unsaid as (

    select * from {{ ref('int_unsaid') }}

),

measured as (

    select
        keys.day,
        keys.workspace,
        keys.day < horizon.today as is_complete,
        {{ outcome_columns('queries') }},
        latency.latency_p50_ms,
        latency.latency_p95_ms,
        latency.latency_p99_ms,
        latency.first_token_p50_ms,
        latency.first_token_p95_ms,
        latency.retrieval_p95_ms,
        latency.llm_p95_ms,
        {{ token_columns('queries') }},
        {{ cost_columns('queries') }},
        coalesce(unmatched.calls, 0) as unmatched_calls,
        {{ nanos_to_usd('(case when unmatched.priced_calls > 0 then unmatched.cost_nanos end)') }}
            as unmatched_cost_usd
    from keys
    left join queries
        on keys.workspace = queries.workspace and keys.day = queries.day
    left join latency
        on keys.workspace = latency.workspace and keys.day = latency.day
    left join unmatched
        on keys.workspace = unmatched.workspace and keys.day = unmatched.day
    cross join horizon

),

reasoned as (

    select
        measured.*,
        {{ performance_reasons() }}
    from measured
    left join unsaid on measured.workspace = unsaid.workspace

),

final as (

    select
        *,
        {{ performance_targets() }}
    from reasoned

)

select * from final
