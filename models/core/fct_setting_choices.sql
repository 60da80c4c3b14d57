-- One row a query and setting that its user chose (seed `preference_settings`), by the outermost of its
-- lines. A choice whose answer was liked counts twice: it did what it was chosen for.
{{ config(materialized='touched', key=['query_ref'], indexes=[{'columns': ['subject_ref']}]) }}
with

queries as (

    select * from {{ keyed(ref('stg_native__queries'), 'query_ref') }}

),

facts as (

    select * from {{ keyed(ref('fct_queries'), 'query_ref', makes_rows=false) }}

),

settings as (

    select * from {{ ref('preference_settings') }}

),

chosen as (

    select
        queries.query_key,
        queries.query_ref,
        queries.workspace,
        queries.subject_ref,
        queries.occurred_at,
        settings.setting,
        {{ chosen_name('queries.attributes', 'settings.attribute') }} as choice
    from queries
    inner join settings on queries.surface = settings.surface
    where queries.subject_ref is not null and queries.attributes is not null

),

final as (

    select
        chosen.query_key,
        chosen.query_ref,
        chosen.workspace,
        chosen.subject_ref,
        chosen.occurred_at,
        chosen.setting,
        chosen.choice,
        coalesce(facts.positive_feedback > facts.negative_feedback, false) as is_liked
    from chosen
    inner join facts on chosen.query_key = facts.query_key
    where chosen.choice is not null

)

select * from final
