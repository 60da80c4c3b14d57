-- One row a published gap and measure: how the topics that it is compared with changed, each counting once.
with

changes as (

    select
        *,
        {{ ratio('hits_after', 'queries_after') }} - {{ ratio('hits_before', 'queries_before') }} as change,
        {{ share_variance('hits_after', 'queries_after') }}
        + {{ share_variance('hits_before', 'queries_before') }} as sampling_variance
    from {{ ref('int_gap_changes') }}

),

final as (

    select
        workspace,
        gap_id,
        metric,
        count(*) as topics,
        avg(change) as change,
        var_samp(change) as variance,
        greatest(var_samp(change) - avg(sampling_variance), 0) as drift_variance
    from changes
    where
        not is_treated
        and queries_before >= {{ var('minimum_queries_to_judge') }}
        and queries_after >= {{ var('minimum_queries_to_judge') }}
    group by workspace, gap_id, metric

)

select * from final
