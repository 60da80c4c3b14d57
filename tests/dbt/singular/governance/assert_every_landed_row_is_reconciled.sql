-- A row is a day, workspace and log whose rows are not counted alike everywhere: something was lost, or
-- counted twice, between landing and a mart.
{{ config(meta={'dagster': {'ref': {'name': 'reconciliation'}}}) }}
with

final as (

    select
        day,
        workspace,
        log,
        difference
    from {{ ref('reconciliation') }}
    where difference <> 0

)

select * from final
