{#- CTEs for sums of tokens, which know no tier: `prices`, and `own_prices` that say who has some of their own. -#}
{% macro list_prices() -%}
prices as (

    select * from {{ ref('dim_prices') }}
    where service_tier = 'standard' and above_input_tokens = 0

),

{{ own_prices('prices') }}
{%- endmacro %}


{#- A CTE `own_prices`: a workspace with a price of its own for a name has all of that name's. -#}
{% macro own_prices(prices) -%}
own_prices as (

    select distinct
        scope,
        provider,
        model
    from {{ prices }}
    where scope <> '*'

)
{%- endmacro %}
