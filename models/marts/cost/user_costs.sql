-- One row a local week, workspace and person: what the queries of that person cost. Read from the facts,
-- person by person: for the few who ask, not for a dashboard that refreshes.
with

queries as (

    select * from {{ ref('fct_queries') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

people as (

    select
        {{ week_of('day') }} as week,
        workspace,
        subject_ref,
        count(*) as queries,
        count(case when status = 'ok' then 1 end) as successes,
        count(cost_nanos) as priced_queries,
        {{ sum_counts('cost_calls') }} as cost_calls,
        {{ sum_counts('unpriced_calls') }} as unpriced_calls,
        {{ sum_counts('cost_nanos') }} as cost_nanos
    from queries
    where subject_ref is not null
    group by {{ week_of('day') }}, workspace, subject_ref

),

final as (

    select
        people.week,
        people.workspace,
        people.subject_ref,
        {{ days_after('people.week', 7) }} <= horizon.today as is_complete,
        people.queries,
        people.successes,
        {{ cost_columns('people') }}
    from people
    cross join horizon

)

select * from final
