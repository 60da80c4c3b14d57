-- A row is a stated price whose period runs into the next of its list, or a tier without the price below
-- it, or one that ends at another time: a mistake, whichever of the two was meant. `assay prices add` refuses
-- them; this holds what came by another way.
{{ config(tags=['delta'], group='core', meta={'dagster': {'ref': {'name': 'dim_prices'}}}) }}
with

new_prices as (

    select distinct
        provider,
        model,
        batch_id
    from {{ changes(ref('stg_native__prices')) }} as changes

),

prices as (

    select * from {{ ref('stg_native__prices') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by provider, model, service_tier, scope, origin, valid_from, above_input_tokens
            order by batch_id desc, line_no desc
        ) as place
    from prices

),

versions as (

    select
        provider,
        model,
        service_tier,
        scope,
        origin,
        valid_from,
        max(valid_to) as valid_to,
        count(distinct valid_to) + max(case when valid_to is null then 1 else 0 end) as ends,
        min(above_input_tokens) as lowest_tier,
        count(case when is_marginal then 1 end) as marginal_tiers,
        lead(valid_from) over (
            partition by provider, model, service_tier, scope, origin
            order by valid_from
        ) as next_from
    from ranked
    where place = 1 and not is_withdrawn
    group by provider, model, service_tier, scope, origin, valid_from

),

final as (

    select
        new_prices.batch_id,
        versions.provider,
        versions.model,
        versions.service_tier,
        versions.scope,
        versions.origin,
        versions.valid_from
    from versions
    inner join new_prices
        on versions.provider = new_prices.provider and versions.model = new_prices.model
    where
        versions.valid_to > versions.next_from
        or versions.lowest_tier > 0
        or versions.marginal_tiers > 1
        or versions.ends > 1

)

select * from final
