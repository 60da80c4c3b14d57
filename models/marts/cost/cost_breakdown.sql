-- One row a local day, workspace, dimension and value: the cost of its queries by model, surface, feature,
-- project, release, prompt version and by whether a response cache answered. Within a dimension rows add up
-- to the day.
with

spend as (

    select * from {{ ref('agg_spend_daily') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

united as (
    {% for dimension, value in [
        ('provider', 'provider'), ('model', 'model'), ('surface', 'surface'), ('feature', 'feature'), ('project', 'project'),
        ('release', 'release'), ('prompt_version', "prompt_name || ' ' || prompt_version"), ('response_cache', 'response_cache')
    ] %}
        select
            day,
            workspace,
            '{{ dimension }}' as dimension,
            {{ value }} as value,
            {{ sum_counts('queries') }} as queries,
            {{ sum_counts('successes') }} as successes,
            {{ sum_counts('priced_queries') }} as priced_queries,
            {{ sum_counts('cost_calls') }} as cost_calls,
            {{ sum_counts('unpriced_calls') }} as unpriced_calls,
            {{ sum_counts('cost_nanos') }} as cost_nanos,
            {{ sum_counts('tokens') }} as tokens
        from spend
        group by day, workspace, {{ value }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}

),

known as (

    select
        *,
        case when priced_queries > 0 then cast(cost_nanos as decimal(38, 0)) end as known_nanos,
        sum(cost_nanos) over (partition by day, workspace, dimension) as nanos_of_day
    from united

),

final as (

    select
        known.day,
        known.workspace,
        known.dimension,
        known.value,
        known.day < horizon.today as is_complete,
        known.queries,
        known.successes,
        known.tokens,
        {{ cost_columns('known') }},
        {{ usd_each('known.known_nanos', 'nullif(known.successes, 0)') }} as cost_per_success_usd,
        {{ usd_each('1000000 * known.known_nanos', 'nullif(known.tokens, 0)') }}
            as cost_per_million_tokens_usd,
        {{ ratio('known.cost_nanos', 'known.nanos_of_day') }} as share_of_cost
    from known
    cross join horizon

)

select * from final
