-- One row a task, a unit of work over several queries: what it cost, how long it took and how it ended.
with

queries as (

    select * from {{ ref('fct_queries') }}

),

outcomes as (

    select * from {{ ref('fct_outcomes') }}
    where target_type = 'task'

),

tasks as (

    select
        workspace,
        task_id,
        {{ reference('workspace', 'task_id') }} as task_ref,
        min(occurred_at) as started_at,
        min(day) as day,
        max(project) as project,
        count(*) as queries,
        count(case when status = 'ok' then 1 end) as successes,
        count(cost_nanos) as priced_queries,
        {{ sum_counts('cost_calls') }} as cost_calls,
        {{ sum_counts('unpriced_calls') }} as unpriced_calls,
        {{ sum_counts('cost_nanos') }} as cost_nanos
    from queries
    where task_id is not null
    group by workspace, task_id

),

endings as (

    -- The last line says how it ended; ties go to the larger key. Found by workspace and id as facts have
    -- them: `target_ref` is of a workspace's whole name, and a long one stands shortened in facts.
    select
        *,
        row_number() over (
            partition by workspace, target_id order by occurred_at desc, outcome_key desc
        ) as place
    from outcomes

),

final as (

    select
        tasks.workspace,
        tasks.task_ref,
        tasks.project,
        tasks.day,
        tasks.started_at,
        tasks.queries,
        tasks.successes,
        {{ cost_columns('tasks') }},
        endings.iterations,
        endings.duration_ms,
        coalesce(endings.result, 'unknown') as result
    from tasks
    left join endings
        on tasks.workspace = endings.workspace and tasks.task_id = endings.target_id and endings.place = 1

)

select * from final
