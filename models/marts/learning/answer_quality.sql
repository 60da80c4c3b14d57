-- One row a local day, workspace, assistant, prompt version and topic whose answers were scored: how good
-- they were by the offline scorer and by the judge, and what their users did next.
with

{{ current_topics() }},

quality as (

    {{ in_current_topics(ref('agg_answer_quality_daily'), [
        'entries', 'answers', 'judged_answers', 'quality_millionths', 'low_quality_answers',
        'grounding_answers', 'grounding_millionths', 'relevance_answers', 'relevance_millionths',
        'completeness_answers', 'completeness_millionths', 'refusals', 'model_judged_answers',
        'model_quality_millionths'
    ]) }}

),

steps as (

    {{ in_current_topics(ref('agg_next_steps_daily'), [
        'entries', 'retried', 'went_on', 'abandoned', 'compared', 'rephrased'
    ]) }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

final as (

    select
        quality.day,
        quality.workspace,
        quality.assistant,
        quality.prompt_version,
        quality.topic,
        quality.day < horizon.today as is_complete,
        quality.entries as scored_queries,
        quality.answers,
        quality.judged_answers,
        {{ average_of_millionths('quality.quality_millionths', 'quality.judged_answers') }} as quality,
        {{ not_judged_because('quality.judged_answers') }} as quality_not_judged_because,
        quality.low_quality_answers,
        {{ ratio('quality.low_quality_answers', 'quality.judged_answers') }} as low_quality_rate,
        quality.grounding_answers,
        {{ average_of_millionths('quality.grounding_millionths', 'quality.grounding_answers') }} as grounding,
        quality.relevance_answers,
        {{ average_of_millionths('quality.relevance_millionths', 'quality.relevance_answers') }} as relevance,
        quality.completeness_answers,
        {{ average_of_millionths('quality.completeness_millionths', 'quality.completeness_answers') }}
            as completeness,
        quality.refusals,
        {{ ratio('quality.refusals', 'quality.answers') }} as refusal_rate,
        quality.model_judged_answers,
        {{ average_of_millionths('quality.model_quality_millionths', 'quality.model_judged_answers') }}
            as model_quality,
        {{ not_judged_because('quality.model_judged_answers') }} as model_quality_not_judged_because,
        coalesce(steps.entries, 0) as followed_queries,
        coalesce(steps.retried, 0) as retried,
        coalesce(steps.went_on, 0) as went_on,
        coalesce(steps.abandoned, 0) as abandoned,
        {{ ratio('(steps.retried + steps.abandoned)', 'steps.entries') }} as retried_or_abandoned_rate,
        coalesce(steps.compared, 0) as compared_queries,
        coalesce(steps.rephrased, 0) as rephrased,
        {{ ratio('steps.rephrased', 'steps.compared') }} as rephrased_rate,
        {{ not_judged_because('coalesce(steps.compared, 0)') }} as rephrased_not_judged_because,
        {{ ratio('(steps.retried + steps.rephrased + steps.abandoned)', 'steps.entries') }}
            as asked_again_or_abandoned_rate
    from quality
    left join steps
        on
            quality.workspace = steps.workspace
            and quality.day = steps.day
            and quality.assistant = steps.assistant
            and quality.prompt_version = steps.prompt_version
            and quality.topic = steps.topic
    cross join horizon

)

select * from final
