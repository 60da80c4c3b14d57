-- Predictions of success held against how the work ended, by local day, workspace, kind of work and tenth
-- of the predicted probability.
{{ config(key=['workspace', 'day', 'target_type', 'probability_tenth']) }}
with

predictions as (

    select * from {{ changes(ref('fct_success_predictions')) }} as changes

),

placed as (

    select
        *,
        least(cast(floor(probability_millionths / 100000.0) as integer), 9) as probability_tenth
    from predictions
    where probability_millionths between 0 and 1000000

),

final as (

    select
        workspace,
        day,
        target_type,
        probability_tenth,
        {{ sum_counts('sign') }} as entries,
        {{ count_where('is_success is not null') }} as ended,
        {{ count_where('is_success') }} as successes,
        {{ add_up('case when is_success is not null then probability_millionths end') }} as ended_millionths
    from placed
    group by workspace, day, target_type, probability_tenth

)

select * from final
