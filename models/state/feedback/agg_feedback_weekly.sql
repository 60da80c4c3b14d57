-- Sums over the feedback of a local week by workspace and surface. Signals that an edit superseded count in
-- nothing but the ask that they answered.
{{ config(key=['workspace', 'week', 'surface']) }}
with

feedback as (

    select * from {{ changes(ref('fct_feedback')) }} as changes

),

judged as (

    select
        *,
        is_current and is_answered as is_said,
        case when feedback_type = 'stars' then {{ to_millionths('feedback_value') }} end as rating_millionths
    from feedback

),

final as (

    select
        workspace,
        {{ week_of('day') }} as week,
        {{ labelled('surface') }} as surface,
        {{ sum_counts('sign') }} as entries,
        {{ count_where('is_ask') }} as asked,
        {{ count_where('is_ask and is_ask_answered') }} as answered,
        {{ count_where('is_said') }} as signals,
        {{ count_where('is_said and sentiment = 1') }} as positive,
        {{ count_where('is_said and sentiment = 0') }} as neutral,
        {{ count_where('is_said and sentiment = -1') }} as negative,
        {{ count_where("is_said and feedback_type = 'thumb' and sentiment = 1") }} as thumbs_up,
        {{ count_where("is_said and feedback_type = 'thumb' and sentiment = -1") }} as thumbs_down,
        {{ count_where("is_said and rating_millionths is not null") }} as ratings,
        {{ add_up("case when is_said then rating_millionths end") }} as rating_millionths,
        {{ count_where("is_said and feedback_type = 'text'") }} as texts,
        {{ count_where("is_said and feedback_type = 'flag'") }} as flags,
        {{ count_where("is_said and feedback_type = 'flag' and coalesce(resolution, 'open') = 'open'") }}
            as open_flags,
        {{ count_where("is_said and feedback_type = 'correction'") }} as corrections,
        {{ count_where("is_said and feedback_type = 'implicit'") }} as implicit_signals,
        {{ count_where('not is_current') }} as superseded
    from judged
    group by workspace, {{ week_of('day') }}, {{ labelled('surface') }}

)

select * from final
