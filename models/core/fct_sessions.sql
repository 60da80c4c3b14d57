-- One row a session: the logged one, or what a person asked without a pause where none was logged. The key is
-- the thread (session, else person), because a late query can merge two sessions of a person into one.
{{ config(materialized='touched', key=['session_thread'], indexes=[{'columns': ['workspace', 'day']}]) }}
{%- set thread = 'partition by session_thread order by occurred_at, query_key' %}
{%- set session = 'partition by session_thread, session_number order by' %}
with

queries as (

    select * from {{ keyed(ref('fct_queries'), 'session_thread', makes_rows='always') }}

),

feedback as (

    select * from {{ keyed(ref('fct_feedback'), 'session_ref') }}

),

outcomes as (

    select * from {{ keyed(ref('fct_outcomes'), 'target_ref') }}

),

paused as (

    select
        *,
        lag(occurred_at) over ({{ thread }}) as previous_at
    from queries
    where session_thread is not null

),

numbered as (

    select
        *,
        sum(
            case
                when session_ref is not null then 0
                when {{ minutes_after('previous_at', session_gap_minutes()) }} < occurred_at then 1
                else 0
            end
        ) over ({{ thread }} rows between unbounded preceding and current row) as session_number
    from paused

),

placed as (

    select
        *,
        first_value(query_key) over ({{ session }} occurred_at, query_key) as first_query_key,
        first_value(subject_ref) over (
            {{ session }} case when subject_ref is null then 1 else 0 end, occurred_at, query_key
        ) as first_subject_ref,
        row_number() over ({{ session }} occurred_at, query_key) as place,
        row_number() over ({{ session }} occurred_at desc, query_key desc) as place_from_end
    from numbered

),

session_feedback as (

    select
        session_ref,
        sentiment,
        row_number() over (partition by session_ref order by occurred_at desc, feedback_key desc) as age
    from feedback
    where session_ref is not null and query_key is null and is_current and sentiment <> 0

),

session_outcomes as (

    select
        target_ref,
        result,
        row_number() over (partition by target_ref order by occurred_at desc, outcome_key desc) as age
    from outcomes
    where target_type = 'session'

),

sessions as (

    select
        coalesce(session_ref, first_query_key) as session_key,
        session_thread,
        workspace,
        min(session_id) as session_id,
        first_subject_ref as subject_ref,
        session_ref is not null as is_logged,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        min(day) as day,
        min(surface) filter (where place = 1) as surface,
        count(*) as queries,
        count(*) filter (where status = 'error') as errors,
        count(parent_query_id) as retries,
        coalesce(max(turn), count(*) - count(parent_query_id)) as turns,
        {{ sum_counts('cost_calls') }} as cost_calls,
        {{ sum_counts('unpriced_calls') }} as unpriced_calls,
        {{ sum_nanos('cost_nanos') }} as cost_nanos,
        min(status) filter (where place_from_end = 1) as last_status,
        cast(min(sign(positive_feedback - negative_feedback)) filter (where place_from_end = 1) as integer)
            as last_query_opinion
    from placed
    group by session_thread, session_number, workspace, session_ref, first_query_key, first_subject_ref

),

judged as (

    select
        sessions.*,
        session_outcomes.result as outcome,
        coalesce(session_feedback.sentiment, sessions.last_query_opinion) as opinion
    from sessions
    left join session_feedback
        on sessions.session_thread = session_feedback.session_ref and session_feedback.age = 1
    left join session_outcomes
        on sessions.session_thread = session_outcomes.target_ref and session_outcomes.age = 1

),

final as (

    select
        *,
        {{ session_resolution('outcome', 'opinion', 'last_status') }} as resolution,
        {{ session_resolution_signal('outcome', 'opinion', 'last_status') }} as resolution_signal
    from judged

)

select * from final
