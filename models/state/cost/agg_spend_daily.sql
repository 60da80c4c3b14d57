-- Sums over the queries of a local day by everything that a cost is asked for by and that has few values:
-- who, with what, from which prompt and release. People, tasks and sessions have many, and marts of their
-- own.
{{ config(key=[
    'workspace', 'day', 'provider', 'model', 'surface', 'feature', 'project', 'release', 'prompt_name', 'prompt_version', 'response_cache'
]) }}
with

queries as (

    select * from {{ changes(ref('fct_queries')) }} as changes

),

labelled as (

    select
        workspace,
        day,
        {{ labelled('provider') }} as provider,
        {{ labelled('model') }} as model,
        {{ labelled('surface') }} as surface,
        {{ labelled('feature') }} as feature,
        {{ labelled(short_name('project', 60)) }} as project,
        {{ labelled(short_name('release', 60)) }} as release,
        {{ labelled(short_name('prompt_name', 60)) }} as prompt_name,
        {{ labelled(short_name('prompt_version', 60)) }} as prompt_version,
        case
            when is_cache_hit then coalesce(cache_kind, 'hit') when not is_cache_hit then 'miss' else '(none)'
        end as response_cache,
        status,
        cost_calls,
        unpriced_calls,
        cost_nanos,
        input_tokens
        + cache_read_tokens
        + cache_write_tokens
        + media_tokens
        + output_tokens
        + reasoning_tokens as tokens,
        case when context_limit_tokens > 0 then context_tokens end as context_tokens,
        context_limit_tokens,
        truncated_tokens,
        sign
    from queries

),

final as (

    select
        workspace,
        day,
        provider,
        model,
        surface,
        feature,
        project,
        release,
        prompt_name,
        prompt_version,
        response_cache,
        {{ sum_counts('sign') }} as entries,
        {{ sum_counts('sign') }} as queries,
        {{ count_where("status = 'ok'") }} as successes,
        {{ count_where('cost_nanos is not null') }} as priced_queries,
        {{ add_up('cost_calls') }} as cost_calls,
        {{ add_up('unpriced_calls') }} as unpriced_calls,
        {{ add_up('cost_nanos') }} as cost_nanos,
        {{ add_up('tokens') }} as tokens,
        {{ count_where('context_tokens is not null') }} as context_queries,
        {{ count_where('context_tokens > ' ~ var('context_warning_share') ~ ' * context_limit_tokens') }}
            as context_warned_queries,
        {{ count_where('context_tokens > ' ~ var('context_truncation_share') ~ ' * context_limit_tokens') }}
            as context_full_queries,
        {{ count_where('truncated_tokens > 0 and context_tokens is not null') }} as truncated_queries,
        {{ add_up('case when context_tokens is not null then truncated_tokens end') }} as truncated_tokens
    from labelled
    group by
        workspace,
        day,
        provider,
        model,
        surface,
        feature,
        project,
        release,
        prompt_name,
        prompt_version,
        response_cache

)

select * from final
