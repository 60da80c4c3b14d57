-- What users really think, one row a local week, workspace, assistant and version of a prompt: the rate
-- among those who say so, and the rate among all, corrected for who bothers. The week is that of the
-- query.
with

opinions as (

    select * from {{ ref('agg_opinions_daily') }}

),

channels as (

    select * from {{ ref('int_opinions_by_channel') }}

),

ratios as (

    select * from {{ ref('int_response_ratios') }}

),

checked as (

    -- One row, also where nothing could be checked.
    select
        max(bands) as bands,
        bool_or(is_contradicted) as is_contradicted
    from {{ ref('int_response_checked') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

sums as (

    select
        {{ week_of('day') }} as week,
        workspace,
        assistant,
        prompt_name,
        prompt_version,
        {{ sum_counts('queries') }} as queries,
        {{ sum_counts('asked') }} as asked,
        {{ sum_counts('answered') }} as answered,
        {{ sum_counts('positive') }} as positive,
        {{ sum_counts('negative') }} as negative
    from opinions
    group by {{ week_of('day') }}, workspace, assistant, prompt_name, prompt_version

),

cells as (

    select
        {{ week_of('day') }} as week,
        workspace,
        assistant,
        prompt_name,
        prompt_version,
        channel,
        sum(liked) as liked,
        sum(disliked) as disliked,
        sum(liked_squares) as liked_squares,
        sum(disliked_squares) as disliked_squares
    from channels
    group by {{ week_of('day') }}, workspace, assistant, prompt_name, prompt_version, channel

),

{{ correction_steps(['week', 'workspace', 'assistant', 'prompt_name', 'prompt_version']) }},

judged as (

    select
        sums.*,
        {{ days_after('sums.week', 7) }} <= horizon.today as is_complete,
        {{ corrected_columns() }},
        case
            when checked.is_contradicted then 'contradicted'
            when checked.bands >= 3 then 'not_contradicted'
            else 'not_checked'
        end as assumption_status
    from sums
    left join corrected
        on
            sums.week = corrected.week
            and sums.workspace = corrected.workspace
            and sums.assistant = corrected.assistant
            and sums.prompt_name = corrected.prompt_name
            and sums.prompt_version = corrected.prompt_version
    cross join horizon
    cross join checked

),

final as (

    select
        week,
        workspace,
        assistant,
        prompt_name,
        prompt_version,
        is_complete,
        queries,
        asked,
        answered,
        positive,
        negative,
        naive_rate,
        {{ judged_columns() }},
        assumption_status
    from judged

)

select * from final
