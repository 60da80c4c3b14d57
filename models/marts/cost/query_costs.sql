-- One row a query: what it cost by each of three meters, and why a meter says nothing. Finer would be calls,
-- which an invoice does not know.
with

queries as (

    select * from {{ ref('fct_queries') }}

),

costs as (

    select * from {{ ref('fct_costs') }}

),

bills as (

    select * from {{ ref('srv_bill_shares') }}

),

measured as (

    -- Looked up query by query: readers ask for a day or for one.
    select
        queries.*,
        calls.*
    from queries
    cross join lateral (
        select
            count(costs.reported_nanos) as reported_calls,
            {{ sum_nanos('costs.reported_nanos') }} as reported_nanos,
            max(
                case
                    when
                        costs.reported_nanos is null and costs.reported_cost is not null
                        then 'other_currency'
                end
            )
                as not_converted_because,
            count(costs.computed_nanos) as computed_calls,
            {{ sum_nanos('costs.computed_nanos') }} as computed_nanos,
            min(nullif(costs.computed_status, 'computed')) as not_computed_because,
            count(bills.billed_nanos) as billed_calls,
            {{ sum_nanos(part_of('bills.billed_nanos', 'costs.cost_nanos', 'bills.cost_nanos')) }}
                as billed_nanos
        from costs
        left join bills
            on
                costs.workspace = bills.workspace
                and costs.billing_day = bills.billing_day
                and {{ labelled('costs.provider') }} = bills.provider
                and costs.model = bills.model
                and costs.cost_nanos is not null
                and bills.cost_nanos > 0
                and bills.unconverted_lines = 0
        where costs.thread_ref = queries.query_ref and costs.query_key = queries.query_key
    ) as calls

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
        {{ nanos_to_usd('computed_nanos') }} as computed_cost_usd,
        {{ meter_status('computed_calls', 'computed', 'not_computed_because') }} as computed_status,
        {{ nanos_to_usd('reported_nanos') }} as reported_cost_usd,
        {{ meter_status('reported_calls', 'reported', "coalesce(not_converted_because, 'not_reported')") }}
            as reported_status,
        {{ nanos_to_usd('billed_nanos') }} as billed_cost_usd,
        {{ meter_status('billed_calls', 'billed', "'not_billed'") }} as billed_status,
        {{ nanos_to_usd('cost_nanos') }} as cost_usd,
        {{ meter_status('cost_calls - unpriced_calls', 'priced', "'unpriced'") }} as cost_status,
        complexity_source
    from measured

)

select * from final
