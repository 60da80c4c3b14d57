-- How probably each task or session succeeds, with what speaks most for and against it, and how it ended
-- where that is known. Ids and numbers only.
with

predictions as (

    select * from {{ ref('fct_success_predictions') }}

),

final as (

    select
        workspace,
        target_type,
        target_id,
        day,
        occurred_at as predicted_from,
        {{ to_double('probability_millionths / 1000000.0') }} as success_probability,
        main_driver,
        {{ success_drivers() }},
        result,
        is_success
    from predictions

)

select * from final
