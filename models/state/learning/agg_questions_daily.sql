-- Sums over the scored queries of a local day by workspace, topic and gap; (none) where a query has none.
{{ config(key=['workspace', 'day', 'topic_id', 'gap_id']) }}
with

query_scores as (

    select * from {{ changes(ref('fct_query_scores')) }} as changes

),

final as (

    select
        workspace,
        day,
        {{ labelled('topic_id') }} as topic_id,
        {{ labelled('gap_id') }} as gap_id,
        {{ sum_counts('sign') }} as entries,
        {{ count_where('gap_probability is not null') }} as looked_up,
        {{ count_where(is_unanswered()) }} as unanswered,
        {{ count_where("status = 'ok' and is_refused is not true") }} as successes,
        {{ count_where('is_refused') }} as refused,
        {{ count_where(is_dissatisfied()) }} as dissatisfied,
        {{ count_where(is_dissatisfied() ~ ' and ' ~ is_unanswered()) }} as unanswered_dissatisfied,
        {{ add_up('cost_nanos') }} as cost_nanos,
        {{ sum_counts('sign * case when ' ~ is_unanswered() ~ ' then coalesce(cost_nanos, 0) else 0 end') }}
            as unanswered_cost_nanos
    from query_scores
    where query_key is not null
    group by workspace, day, {{ labelled('topic_id') }}, {{ labelled('gap_id') }}

)

select * from final
