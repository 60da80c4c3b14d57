-- Sums over the scored queries of a local day by workspace, assistant, prompt version and topic. Scores of
-- queries that have not landed have no day, and wait.
{{ config(key=['workspace', 'day', 'assistant', 'prompt_version', 'topic']) }}
with

scores as (

    select * from {{ changes(ref('fct_query_scores')) }} as changes

),

final as (

    select
        workspace,
        day,
        {{ labelled('assistant') }} as assistant,
        {{ labelled('prompt_version') }} as prompt_version,
        {{ labelled('topic_id') }} as topic,
        {{ quality_measures() }}
    from scores
    where query_key is not null
    group by
        workspace,
        day,
        {{ labelled('assistant') }},
        {{ labelled('prompt_version') }},
        {{ labelled('topic_id') }}

)

select * from final
