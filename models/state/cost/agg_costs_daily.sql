-- Sums over the billable calls of a local day, the day of the call, by model and kind; by the day of the
-- invoice too, which is another where the zone is. Calls without a query stay apart: nothing else says what
-- they were for.
{{ config(key=['workspace', 'day', 'billing_day', 'provider', 'model', 'call_type', 'is_matched']) }}
with

costs as (

    select * from {{ changes(ref('fct_costs')) }} as changes

),

final as (

    select
        workspace,
        day,
        billing_day,
        {{ labelled('provider') }} as provider,
        model,
        {{ labelled('call_type') }} as call_type,
        query_key is not null as is_matched,
        {{ sum_counts('sign') }} as entries,
        {{ sum_counts('sign') }} as calls,
        {{ add_up('requests') }} as requests,
        {{ count_where('cost_nanos is not null') }} as priced_calls,
        {{ count_where("cost_status = 'other_currency'") }} as other_currency_calls,
        {{ count_where("cost_status = 'not_reported'") }} as not_reported_calls,
        {{ add_up('cost_nanos') }} as cost_nanos,
        {{ count_where('reported_nanos is not null') }} as reported_calls,
        {{ add_up('reported_nanos') }} as reported_nanos,
        {{ count_where('computed_nanos is not null') }} as computed_calls,
        {{ add_up('computed_nanos') }} as computed_nanos,
        {{ add_up('cache_saved_nanos') }} as cache_saved_nanos,
        {{ add_up('input_tokens') }} as input_tokens,
        {{ add_up('cache_read_tokens') }} as cache_read_tokens,
        {{ add_up('cache_write_tokens') }} as cache_write_tokens,
        {{ add_up('media_tokens') }} as media_tokens,
        {{ add_up('output_tokens') }} as output_tokens,
        {{ add_up('reasoning_tokens') }} as reasoning_tokens
    from costs
    group by
        workspace,
        day,
        billing_day,
        {{ labelled('provider') }},
        model,
        {{ labelled('call_type') }},
        query_key is not null

)

select * from final
