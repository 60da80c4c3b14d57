-- One row a query: what it cost by each of three meters, and why a meter says nothing. Finer would be calls,
-- which an invoice does not know.
with

queries as (

    select * from {{ ref('fct_queries') }}

),

costs as (

    select * from {{ ref('fct_costs') }}

),

statuses as (

    select
        queries.*,
        case
            when queries.cost_calls = 0 then 'no_calls'
            when queries.unpriced_calls = 0 then 'reported'
            when queries.cost_nanos is not null then 'partly_reported'
            when
                exists (
                    select costs.cost_key from costs
                    where
                        costs.thread_ref = queries.query_ref
                        and costs.query_key = queries.query_key
                        and costs.cost_status = 'other_currency'
                )
                then 'other_currency'
            else 'not_reported'
        end as reported_status
    from queries

),

final as (

    select
        workspace,
        query_key,
        day,
        occurred_at,
        surface,
        feature,
        provider,
        model,
        complexity_tier,
        status as query_status,
        cost_calls,
        unpriced_calls,
        input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        media_tokens,
        output_tokens,
        reasoning_tokens,
        cast(null as decimal(38, 9)) as computed_cost_usd,
        'not_computed' as computed_status,
        {{ nanos_to_usd('cost_nanos') }} as reported_cost_usd,
        reported_status,
        cast(null as decimal(38, 9)) as billed_cost_usd,
        'not_billed' as billed_status
    from statuses

)

select * from final
