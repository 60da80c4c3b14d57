-- Sums over the queries of a local week by workspace and person: who asks most, and what that costs.
{{ config(key=['workspace', 'week', 'subject_ref']) }}
with

queries as (

    select * from {{ changes(ref('fct_queries')) }} as changes

),

final as (

    select
        workspace,
        {{ week_of('day') }} as week,
        subject_ref,
        {{ query_measures() }}
    from queries
    where subject_ref is not null
    group by workspace, {{ week_of('day') }}, subject_ref

)

select * from final
