{% macro exchange_rates() -%}
    select
        currency,
        valid_from,
        usd_per_unit,
        lead(valid_from) over (partition by currency order by valid_from) as valid_to
    from {{ ref('exchange_rates') }}
{%- endmacro %}


{#- Dollars need no rate; what has none is null. -#}
{% macro usd_per_unit(lines) -%}
    case when {{ lines }}.currency = 'USD' then 1 else rates.usd_per_unit end
{%- endmacro %}
