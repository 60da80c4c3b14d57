-- Opinions beside all the queries they could have been about, of a local day, by workspace, assistant,
-- prompt and what was known of the query. The day is the query's, so that those who said nothing stand on
-- the same row.
{{ config(key=['workspace', 'day', 'assistant', 'prompt_name', 'prompt_version', 'known_band']) }}
with

queries as (

    select * from {{ changes(ref('fct_queries')) }} as changes

),

opinions as (

    select * from {{ changes(ref('fct_opinions')) }} as changes

),

united as (

    select
        workspace,
        day,
        assistant,
        prompt_name,
        prompt_version,
        {{ known_band('status', 'is_refused', 'confidence') }} as known_band,
        cast(null as {{ dbt.type_string() }}) as channel,
        false as is_asked,
        false as is_ask_answered,
        cast(0 as bigint) as weight,
        cast(null as integer) as opinion,
        sign
    from queries
    union all
    select
        workspace,
        day,
        assistant,
        prompt_name,
        prompt_version,
        known_band,
        channel,
        is_asked,
        is_ask_answered,
        case when channel = 'asked' then {{ asked_weight('ask_probability') }} else 1000 end as weight,
        opinion,
        sign
    from opinions

),

named as (

    select
        workspace,
        day,
        {{ short_name(labelled('assistant')) }} as assistant,
        {{ short_name(labelled('prompt_name')) }} as prompt_name,
        {{ short_name(labelled('prompt_version')) }} as prompt_version,
        known_band,
        channel,
        is_asked,
        is_ask_answered,
        opinion,
        weight,
        case when opinion = 1 then weight end as positive_weight,
        case when opinion = -1 then weight end as negative_weight,
        sign
    from united

),

final as (

    select
        workspace,
        day,
        assistant,
        prompt_name,
        prompt_version,
        known_band,
        {{ sum_counts('sign') }} as entries,
        {{ count_where('channel is null') }} as queries,
        {{ count_where('is_asked') }} as asked,
        {{ count_where('is_ask_answered') }} as answered,
        {{ count_where('opinion = 1') }} as positive,
        {{ count_where('opinion = -1') }} as negative,
        {{ count_where("opinion = 1 and channel = 'volunteered'") }} as volunteered_positive,
        {{ count_where("opinion = -1 and channel = 'volunteered'") }} as volunteered_negative,
        {{ add_up("case when channel = 'asked' then positive_weight end") }} as asked_positive_weight,
        {{ add_up("case when channel = 'asked' then negative_weight end") }} as asked_negative_weight,
        {{ add_up("case when channel = 'asked' then positive_weight * positive_weight end") }}
            as asked_positive_squares,
        {{ add_up("case when channel = 'asked' then negative_weight * negative_weight end") }}
            as asked_negative_squares
    from named
    group by workspace, day, assistant, prompt_name, prompt_version, known_band

)

select * from final
