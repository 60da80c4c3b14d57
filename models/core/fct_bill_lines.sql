-- One row a line of a provider's invoice, its amount in US dollars at the rate of the day that is billed. A
-- line in a currency that nothing converts stays, without an amount.
with

bill_lines as (

    select * from {{ ref('stg_native__bill_lines') }}

),

rates as (

    {{ exchange_rates() }}

),

final as (

    select
        bill_lines.bill_line_key,
        bill_lines.source_relation,
        bill_lines.batch_id,
        bill_lines.event_id,
        bill_lines.workspace,
        bill_lines.billed_day as billing_day,
        {{ labelled('bill_lines.provider') }} as provider,
        {{ labelled('bill_lines.model') }} as model,
        bill_lines.currency,
        {{ to_nanos('bill_lines.amount * ' ~ usd_per_unit('bill_lines')) }} as amount_nanos,
        bill_lines.amount < 0 as is_credit,
        {{ json_count('bill_lines.units', 'calls') }} as calls,
        {{ json_count('bill_lines.units', 'input_tokens') }} as input_tokens,
        {{ json_count('bill_lines.units', 'cache_read_tokens') }} as cache_read_tokens,
        {{ json_count('bill_lines.units', 'cache_write_tokens') }} as cache_write_tokens,
        {{ json_count('bill_lines.units', 'output_tokens') }} as output_tokens,
        {{ json_count('bill_lines.units', 'reasoning_tokens') }} as reasoning_tokens
    from bill_lines
    left join rates
        on
            bill_lines.currency = rates.currency
            and bill_lines.billed_day >= rates.valid_from
            and (bill_lines.billed_day < rates.valid_to or rates.valid_to is null)

)

select * from final
