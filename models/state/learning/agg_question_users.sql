-- Who asked about a topic or ran into a gap, and how often: what people are counted from.
{{ config(key=['workspace', 'topic_id', 'gap_id', 'subject_ref']) }}
with

query_scores as (

    select * from {{ changes(ref('fct_query_scores')) }} as changes

),

final as (

    select
        workspace,
        {{ labelled('topic_id') }} as topic_id,
        {{ labelled('gap_id') }} as gap_id,
        subject_ref,
        {{ sum_counts('sign') }} as entries,
        {{ count_where(is_unanswered()) }} as unanswered
    from query_scores
    where query_key is not null and subject_ref is not null
    group by workspace, {{ labelled('topic_id') }}, {{ labelled('gap_id') }}, subject_ref

)

select * from final
