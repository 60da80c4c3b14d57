-- Sums over the queries of a local day by workspace, model and surface: who runs on what, and what it takes.
{{ config(key=['workspace', 'day', 'provider', 'model', 'surface']) }}
with

queries as (

    select * from {{ changes(ref('fct_queries')) }} as changes

),

final as (

    select
        workspace,
        day,
        {{ labelled('provider') }} as provider,
        {{ labelled('model') }} as model,
        {{ labelled('surface') }} as surface,
        {{ query_measures() }}
    from queries
    group by workspace, day, {{ labelled('provider') }}, {{ labelled('model') }}, {{ labelled('surface') }}

)

select * from final
