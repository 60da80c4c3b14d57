-- What users did after the scored queries of a local day, by workspace, assistant, prompt version and topic.
{{ config(key=['workspace', 'day', 'assistant', 'prompt_version', 'topic']) }}
with

steps as (

    select * from {{ changes(ref('srv_next_steps')) }} as changes

),

final as (

    select
        workspace,
        day,
        assistant,
        prompt_version,
        topic,
        {{ sum_counts('sign') }} as entries,
        {{ count_where("next_step = 'retried'") }} as retried,
        {{ count_where("next_step = 'rephrased'") }} as rephrased,
        {{ count_where("next_step = 'went_on'") }} as went_on,
        {{ count_where("next_step = 'abandoned'") }} as abandoned,
        {{ count_where("next_step = 'ended'") }} as ended,
        {{ count_where('is_compared') }} as compared
    from steps
    group by workspace, day, assistant, prompt_version, topic

)

select * from final
