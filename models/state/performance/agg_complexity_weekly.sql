-- Sums over the queries of a local week by workspace, tier of complexity and model: what routing sent where.
{{ config(key=['workspace', 'week', 'tier', 'model']) }}
with

queries as (

    select * from {{ changes(ref('fct_queries')) }} as changes

),

final as (

    select
        workspace,
        {{ week_of('day') }} as week,
        complexity_tier as tier,
        {{ labelled('model') }} as model,
        {{ count_where("complexity_source = 'computed'") }} as tiered_by_text,
        {{ query_measures() }}
    from queries
    group by workspace, {{ week_of('day') }}, complexity_tier, {{ labelled('model') }}

)

select * from final
