{#- Calls with their row of prices and what they make of it. `calls` have price_provider, price_scope and
    prompt_tokens beside the columns of the cost log, and usd_per_unit of their currency. -#}
{% macro priced_calls(calls, prices) -%}
    select
        {{ calls }}.*,
        price.price_key,
        case when {{ calls }}.currency = 'USD' then {{ to_nanos(calls ~ '.reported_cost') }}
            else {{ to_nanos(calls ~ '.reported_cost * ' ~ calls ~ '.usd_per_unit') }} end as reported_nanos,
        {{ call_nanos(calls, 'price') }} as computed_nanos,
        {{ cache_saved_nanos(calls, 'price') }} as cache_saved_nanos,
        case
            when price.price_key is null then 'no_price'
            when {{ is_unmetered(calls, 'price') }} then 'nothing_to_price'
            when {{ is_without_price(calls, 'price') }} then 'meter_without_price'
            else 'computed'
        end as computed_status
    from {{ calls }}
    left join {{ prices }} as price
        on {{ is_price_of(calls, 'price') }}
        and ({{ calls }}.prompt_tokens > price.above_input_tokens or price.above_input_tokens = 0)
        and ({{ calls }}.prompt_tokens <= price.up_to_input_tokens or price.up_to_input_tokens is null)
    {{ computed_once() }}
{%- endmacro %}


{% macro is_price_of(calls, price) -%}
    {{ calls }}.price_provider = {{ price }}.provider
    and {{ calls }}.model = {{ price }}.model
    and coalesce({{ calls }}.service_tier, 'standard') = {{ price }}.service_tier
    and {{ calls }}.price_scope = {{ price }}.scope
    and {{ calls }}.occurred_at >= {{ price }}.valid_from
    and ({{ calls }}.occurred_at < {{ price }}.valid_to or {{ price }}.valid_to is null)
{%- endmacro %}


{% macro is_without_price(call, price) -%}
    ({% for meter in token_meters() -%}
        ({{ call }}.{{ meter }}_tokens > 0 and {{ price }}.{{ meter }}_price is null){{ ' or ' if not loop.last }}
    {%- endfor %})
{%- endmacro %}


{#- Which of the two is *the* cost, the one that marts add up: the var cost_basis goes first. -#}
{% macro cost_by_basis(reported, computed) -%}
    {%- set first, second = (reported, computed) if var('cost_basis') == 'reported' else (computed, reported) -%}
    coalesce({{ first }}, {{ second }})
{%- endmacro %}


{% macro cost_status(reported_cost, reported, computed) -%}
    {%- set first = (reported, 'reported') if var('cost_basis') == 'reported' else (computed, 'computed') -%}
    case
        when {{ first[0] }} is not null then '{{ first[1] }}'
        when {{ computed }} is not null then 'computed'
        when {{ reported }} is not null then 'reported'
        when {{ reported_cost }} is not null then 'other_currency'
        else 'not_reported'
    end
{%- endmacro %}
