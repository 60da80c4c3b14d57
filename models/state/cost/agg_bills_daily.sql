-- Sums over the lines of invoices by the day that is billed (UTC), workspace, provider and model. A count
-- of what was billed only says something where every line states it, so the lines that do are counted.
{{ config(key=['workspace', 'billing_day', 'provider', 'model']) }}
with

bill_lines as (

    select * from {{ changes(ref('fct_bill_lines')) }} as changes

),

final as (

    select
        workspace,
        billing_day,
        provider,
        model,
        {{ sum_counts('sign') }} as entries,
        {{ count_where('amount_nanos is null') }} as unconverted_lines,
        {{ count_where('not is_credit') }} as charges,
        {{ count_where('not is_credit and calls is not null') }} as charges_with_calls,
        {{ count_where('not is_credit and coalesce(input_tokens, output_tokens) is not null') }}
            as charges_with_tokens,
        {{ add_up('amount_nanos') }} as billed_nanos,
        {{ add_up('case when is_credit then amount_nanos end') }} as credit_nanos,
        {{ add_up('calls') }} as calls,
        {{ add_up('input_tokens') }} as input_tokens,
        {{ add_up('cache_read_tokens') }} as cache_read_tokens,
        {{ add_up('cache_write_tokens') }} as cache_write_tokens,
        {{ add_up('output_tokens') }} as output_tokens,
        {{ add_up('reasoning_tokens') }} as reasoning_tokens
    from bill_lines
    group by workspace, billing_day, provider, model

)

select * from final
