-- A row is a parameter whose period runs into the next of the same workspace: two values would hold.
{{ config(meta={'dagster': {'ref': {'name': 'roi'}}}) }}
with

parameters as (

    select
        workspace,
        name,
        valid_from,
        valid_to,
        lead(valid_from) over (partition by workspace, name order by valid_from) as next_from
    from {{ ref('roi_parameters') }}

),

final as (

    select
        workspace,
        name,
        valid_from,
        valid_to,
        next_from
    from parameters
    where next_from is not null and (valid_to is null or valid_to > next_from)

)

select * from final
