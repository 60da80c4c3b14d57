-- How many signals of a local week name a reason, by workspace, surface and reason. Only what people said:
-- the tags of implicit signals are guesses of the product and would drown theirs.
{{ config(key=['workspace', 'week', 'surface', 'reason']) }}
with

feedback as (

    select * from {{ changes(ref('fct_feedback')) }} as changes

),

tagged as (

    select
        feedback_key,
        workspace,
        {{ week_of('day') }} as week,
        {{ labelled('surface') }} as surface,
        {{ each_of('reasons') }} as tag,
        sign
    from feedback
    where is_current and is_answered and feedback_type <> 'implicit'

),

reasons as (

    -- A tag that stands twice on a signal counts once.
    select distinct
        feedback_key,
        workspace,
        week,
        surface,
        {{ short_name('tag') }} as reason,
        sign
    from tagged
    where tag <> ''

),

final as (

    select
        workspace,
        week,
        surface,
        reason,
        {{ sum_counts('sign') }} as entries
    from reasons
    group by workspace, week, surface, reason

)

select * from final
