-- Where answers fail more than elsewhere, one row a workspace and group of alike questions (type or
-- topic) of the last weeks: the share of failing answers against that of all other questions of the
-- workspace that have one.
with

answers as (

    select * from {{ ref('agg_answers_by_group_daily') }}

),

{{ current_topics() }},

reviewed as (

    select
        answers.workspace,
        answers.day,
        answers.query_key,
        answers.query_id,
        answers.occurred_at,
        answers.query_type,
        coalesce(topics.current_id, answers.topic_id) as topic_id,
        answers.failure
    from {{ ref('srv_answers_to_review') }} as answers
    left join topics on answers.topic_id = topics.cluster_id

),

newest as (

    select * from {{ ref('int_newest_day') }}

),

fixes as (

    select * from {{ ref('suggested_fixes') }}

),

groups as (

    -- What counts in a topic that was united with another counts there.
    select
        answers.workspace,
        answers.group_kind,
        coalesce(topics.current_id, answers.group_name) as group_name,
        {{ sum_counts('answers.queries') }} as queries,
        {{ sum_counts('answers.errors') }} as errors,
        {{ sum_counts('answers.refused') }} as refused,
        {{ sum_counts('answers.disliked') }} as disliked,
        {{ sum_counts('answers.liked') }} as liked,
        {{ sum_counts('answers.errors + answers.refused + answers.disliked') }} as occurrences,
        {{ sum_counts('answers.ratings') }} as ratings,
        {{ sum_counts('answers.rating_millionths') }} as rating_millionths,
        {{ sum_counts('answers.confident_queries') }} as confident_queries,
        {{ sum_counts('answers.confidence_millionths') }} as confidence_millionths
    from answers
    left join topics
        on answers.group_name = topics.cluster_id and answers.group_kind = 'topic'
    cross join newest
    where answers.day > {{ days_after('newest.newest_day', '-' ~ var('pattern_days')) }}
    group by answers.workspace, answers.group_kind, coalesce(topics.current_id, answers.group_name)

),

beside as (

    select
        *,
        {{ average_of_millionths('confidence_millionths', 'confident_queries') }} as average_confidence,
        {{ average_of_millionths(
            'sum(confidence_millionths) over of_kind', 'sum(confident_queries) over of_kind'
        ) }} as usual_confidence,
        sum(occurrences) over of_kind as all_occurrences,
        sum(occurrences) over of_kind - occurrences as other_occurrences,
        sum(queries) over of_kind - queries as other_queries
    from groups
    window of_kind as (partition by workspace, group_kind)

),

lifted as (

    select
        *,
        {{ ratio('occurrences', 'queries') }} as failure_rate,
        {{ ratio('other_occurrences', 'other_queries') }} as other_failure_rate,
        {{ ratio('occurrences', 'queries') }} / nullif({{ ratio('other_occurrences', 'other_queries') }}, 0)
            as lift,
        -- Katz: of the logarithm of a ratio of shares. 2.576: one group in a hundred by chance.
        2.576 * sqrt(
            1.0 / nullif(occurrences, 0) - 1.0 / nullif(queries, 0)
            + 1.0 / nullif(other_occurrences, 0) - 1.0 / nullif(other_queries, 0)
        ) as log_reach,
        {{ pattern_symptom() }} as symptom
    from beside

),

proved as (

    -- Where the others never fail there is no ratio: it is judged by half a failure more on each side.
    select
        *,
        case
            when occurrences = 0 or other_queries = 0 then false
            when other_occurrences > 0 then ln(lift) > log_reach
            else
                ln((occurrences + 0.5) / (queries + 1) * (other_queries + 1) / 0.5)
                > 2.576 * sqrt(1 / (occurrences + 0.5) - 1.0 / (queries + 1) + 2 - 1.0 / (other_queries + 1))
        end as is_failing
    from lifted

),

{{ pattern_examples() }},

final as (

    select
        lifted.workspace,
        lifted.group_kind,
        lifted.group_name,
        {{ pattern_columns() }},
        examples.example_query_ids
    from proved as lifted
    left join fixes on lifted.symptom = fixes.symptom
    left join examples
        on
            lifted.workspace = examples.workspace
            and lifted.group_kind = examples.group_kind
            and lifted.group_name = examples.group_name

)

select * from final
