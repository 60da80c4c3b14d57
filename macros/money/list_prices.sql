{#- CTEs for sums of tokens, which know no tier: `prices`, and `own_prices` that say who has some of their own. -#}
{% macro list_prices() -%}
prices as (

    select * from {{ ref('dim_prices') }}
    where service_tier = 'standard' and above_input_tokens = 0

),

own_prices as (

    select distinct
        scope,
        provider,
        model
    from prices
    where scope <> '*'

)
{%- endmacro %}
