-- Sums over the sessions that began on a local day, by workspace and surface.
{{ config(key=['workspace', 'day', 'surface']) }}
with

sessions as (

    select * from {{ changes(ref('fct_sessions')) }} as changes

),

final as (

    select
        workspace,
        day,
        {{ labelled('surface') }} as surface,
        {{ sum_counts('sign') }} as entries,
        {{ sum_counts('sign') }} as sessions,
        {{ count_where('subject_ref is not null') }} as identified_sessions,
        {{ count_where('is_logged') }} as logged_sessions,
        {{ add_up('queries') }} as queries,
        {{ add_up('errors') }} as errors,
        {{ add_up('retries') }} as retries,
        {{ add_up('turns') }} as turns,
        {{ add_up('cost_calls') }} as cost_calls,
        {{ add_up('unpriced_calls') }} as unpriced_calls,
        {{ count_where('cost_nanos is not null') }} as priced_sessions,
        {{ add_up('cost_nanos') }} as cost_nanos,
        {{ count_where("resolution = 'resolved'") }} as resolved,
        {{ count_where("resolution = 'escalated'") }} as escalated,
        {{ count_where("resolution = 'abandoned'") }} as abandoned,
        {{ count_where("resolution = 'unknown'") }} as of_unknown_end
    from sessions
    group by workspace, day, {{ labelled('surface') }}

)

select * from final
