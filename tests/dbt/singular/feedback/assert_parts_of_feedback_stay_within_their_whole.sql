-- A row is a week, workspace and surface with more answers than asks, more of one kind than signals, or an
-- interval that its own rate is outside of.
{{ config(meta={'dagster': {'ref': {'name': 'feedback_analysis'}}}) }}
with

final as (

    select
        week,
        workspace,
        surface
    from {{ ref('feedback_analysis') }}
    where
        answered > asked
        or open_flags > flags
        or thumbs_up > positive
        or thumbs_down + flags + corrections > negative
        or positive + neutral + negative + texts + implicit_signals > signals
        or positive_rate_low > positive_rate
        or positive_rate_high < positive_rate

)

select * from final
