{% macro exchange_rates() -%}
    select
        currency,
        valid_from,
        usd_per_unit,
        lead(valid_from) over (partition by currency order by valid_from) as valid_to
    from {{ ref('exchange_rates') }}
{%- endmacro %}
