-- One row a local day, workspace, assistant, prompt version and topic whose answers were scored: how good
-- they were by the offline scorer and by the judge, and what their users did next.
with

{{ current_topics() }},

quality as (

    select
        scored.workspace,
        scored.day,
        scored.assistant,
        scored.prompt_version,
        coalesce(topics.current_id, scored.topic) as topic,
        {{ sum_counts('scored.entries') }} as entries,
        {{ sum_counts('scored.answers') }} as answers,
        {{ sum_counts('scored.judged_answers') }} as judged_answers,
        {{ sum_counts('scored.quality_millionths') }} as quality_millionths,
        {{ sum_counts('scored.low_quality_answers') }} as low_quality_answers,
        {{ sum_counts('scored.grounding_answers') }} as grounding_answers,
        {{ sum_counts('scored.grounding_millionths') }} as grounding_millionths,
        {{ sum_counts('scored.relevance_answers') }} as relevance_answers,
        {{ sum_counts('scored.relevance_millionths') }} as relevance_millionths,
        {{ sum_counts('scored.completeness_answers') }} as completeness_answers,
        {{ sum_counts('scored.completeness_millionths') }} as completeness_millionths,
        {{ sum_counts('scored.refusals') }} as refusals,
        {{ sum_counts('scored.model_judged_answers') }} as model_judged_answers,
        {{ sum_counts('scored.model_quality_millionths') }} as model_quality_millionths
    from {{ ref('agg_answer_quality_daily') }} as scored
    left join topics on scored.topic = topics.cluster_id
    group by
        scored.workspace,
        scored.day,
        scored.assistant,
        scored.prompt_version,
        coalesce(topics.current_id, scored.topic)

),

steps as (

    select
        scored.workspace,
        scored.day,
        scored.assistant,
        scored.prompt_version,
        coalesce(topics.current_id, scored.topic) as topic,
        {{ sum_counts('scored.entries') }} as entries,
        {{ sum_counts('scored.retried') }} as retried,
        {{ sum_counts('scored.went_on') }} as went_on,
        {{ sum_counts('scored.abandoned') }} as abandoned,
        {{ sum_counts('scored.compared') }} as compared,
        {{ sum_counts('scored.rephrased') }} as rephrased
    from {{ ref('agg_next_steps_daily') }} as scored
    left join topics on scored.topic = topics.cluster_id
    group by
        scored.workspace,
        scored.day,
        scored.assistant,
        scored.prompt_version,
        coalesce(topics.current_id, scored.topic)

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
