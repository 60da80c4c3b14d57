-- One row a task or session whose success was predicted, with the newest prediction, what drives it, and
-- how the work ended in truth where that is known. A prediction is ours, and says a probability.
{{ config(materialized='touched', key=['target_ref'], indexes=[{'columns': ['workspace', 'day']}]) }}
with

evaluations as (

    select * from {{ keyed(ref('stg_native__evaluations'), 'target_ref') }}

),

outcomes as (

    select * from {{ keyed(ref('fct_outcomes'), 'target_ref', makes_rows=false) }}

),

predictions as (

    select
        *,
        row_number() over (partition by target_ref, target_type order by {{ newest_score() }}) as place
    from evaluations
    where
        evaluator = 'success'
        and {{ by_assay() }}
        and target_type in ('task', 'session')
        and {{ to_double(json_text('metrics', 'probability')) }} between 0 and 1

),

ends as (

    select
        *,
        row_number() over (
            partition by target_ref, target_type order by occurred_at desc, outcome_key desc
        ) as place
    from outcomes

),

final as (

    select
        predictions.target_ref,
        predictions.target_type,
        predictions.target_id,
        predictions.workspace,
        predictions.occurred_at,
        {{ local_day('predictions.occurred_at') }} as day,
        predictions.subject_ref,
        predictions.evaluator_version,
        cast(round({{ to_double(json_text('predictions.metrics', 'probability')) }} * 1000000) as bigint)
            as probability_millionths,
        predictions.metrics,
        predictions.label as main_driver,
        ends.result,
        case when ends.result is not null then ends.result = 'success' end as is_success
    from predictions
    left join ends
        on
            predictions.target_ref = ends.target_ref
            and predictions.target_type = ends.target_type
            and ends.place = 1
    where predictions.place = 1

)

select * from final
