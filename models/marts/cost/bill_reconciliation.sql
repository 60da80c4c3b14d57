-- One row a day of the provider's calendar (UTC), workspace, provider and model that was called or billed:
-- whether the invoice is what the logs make of it, and what the difference is made of. Its parts add up to
-- it.
with

compared as (

    select * from {{ ref('int_bills_compared') }}

),

parted as (

    select
        *,
        billed_nanos - cost_nanos as difference_nanos,
        case
            when billed_nanos is null then null
            when calls = 0 then billed_nanos - credit_nanos
            else round((cast(billed_calls as decimal(38, 9)) - calls) * cost_nanos / calls)
        end as missing_nanos
    from compared

),

valued as (

    -- Tokens are valued in proportion to what the logged ones cost: by the batch, long prompts and one's own
    -- discounts are in that.
    select
        *,
        case
            when calls > 0 and billed_nanos is not null
                then round(
                    cast(billed_tokens_nanos - logged_tokens_nanos as decimal(38, 9))
                    * case
                        when priced_calls = calls and logged_tokens_nanos > 0
                            then cast(cost_nanos as decimal(38, 9)) / logged_tokens_nanos
                        else 1
                    end
                ) - coalesce(missing_nanos, 0)
        end as tokens_nanos
    from parted

),

explained as (

    select
        *,
        difference_nanos - credit_nanos - coalesce(missing_nanos, 0) - coalesce(tokens_nanos, 0) as rest_nanos
    from valued

),

judged as (

    select
        *,
        case
            when unconverted_lines > 0 then 'other_currency'
            when billed_nanos is null then 'not_billed'
            when calls = 0 then 'nothing_logged'
            when priced_calls < calls then 'cost_incomplete'
            when abs(difference_nanos) <= {{ to_nanos(var('bill_tolerance_usd')) }} then 'agrees'
            else 'differs'
        end as status
    from explained

),

final as (

    select
        billing_day as day,
        workspace,
        provider,
        model,
        calls,
        computed_calls,
        {{ nanos_to_usd('computed_nanos') }} as computed_cost_usd,
        reported_calls,
        {{ nanos_to_usd('reported_nanos') }} as reported_cost_usd,
        {{ nanos_to_usd('case when priced_calls > 0 then cost_nanos end') }} as cost_usd,
        billed_calls,
        {{ nanos_to_usd('billed_nanos') }} as billed_cost_usd,
        {{ nanos_to_usd('difference_nanos') }} as difference_usd,
        {{ nanos_to_usd('credit_nanos') }} as credits_usd,
        {{ nanos_to_usd('missing_nanos') }} as missing_calls_usd,
        {{ nanos_to_usd('tokens_nanos') }} as other_tokens_usd,
        {{ nanos_to_usd('case when tokens_nanos is not null then rest_nanos end') }} as other_price_usd,
        {{ nanos_to_usd('case when tokens_nanos is null then rest_nanos end') }} as unexplained_usd,
        status,
        case
            when status <> 'differs' then null
            when
                abs(credit_nanos)
                >= greatest(abs(coalesce(missing_nanos, 0)), abs(coalesce(tokens_nanos, 0)), abs(rest_nanos))
                then 'credits'
            when abs(coalesce(missing_nanos, 0)) >= greatest(abs(coalesce(tokens_nanos, 0)), abs(rest_nanos))
                then 'missing_calls'
            when tokens_nanos is null then 'unexplained'
            when abs(tokens_nanos) >= abs(rest_nanos) then 'other_tokens'
            else 'other_price'
        end as mostly
    from judged

)

select * from final
