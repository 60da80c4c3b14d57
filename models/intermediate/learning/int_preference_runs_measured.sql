-- One row a refresh that looked at somebody's preferences again. Who came out with other preferences is
-- heard of by the table of people that stands behind them. Refreshes of a developer's schema are left out.
with

refresh_models as (

    select * from {{ ref('stg_ops__refresh_models') }}

),

final as (

    select
        refresh_id,
        started_at,
        {{ sum_counts("case when model_name like '%.srv_user_preferences' then keys_looked_at else 0 end") }}
            as processed,
        {{ sum_counts("case when model_name like '%.srv_learned_people' then rows_written else 0 end") }}
            as updated,
        sum(duration_ms) as duration_ms
    from refresh_models
    where
        target = '{{ var("warehouse_schema") }}'
        and (model_name like '%.srv_user_preferences' or model_name like '%.srv_learned_people')
    group by refresh_id, started_at

)

select * from final
