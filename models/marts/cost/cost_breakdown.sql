-- One row a local day, workspace, dimension and value: the cost of its queries by model, surface, feature, project,
-- release, prompt version and by whether a response cache answered. Within a dimension rows add up to the day.
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
        ('release', 'release'), ('prompt_version', "prompt_name || ' ' || prompt_version"), ('response_cache', 'cache')
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

final as (

    select
        united.day,
        united.workspace,
        united.dimension,
        united.value,
        united.day < horizon.today as is_complete,
        united.queries,
        united.successes,
        united.tokens,
        {{ cost_columns('united') }},
        {{ usd_each('case when united.priced_queries > 0 then united.cost_nanos end', 'nullif(united.successes, 0)') }}
            as cost_per_success_usd,
        {{ usd_each('1000000 * cast(case when united.priced_queries > 0 then united.cost_nanos end as decimal(38, 0))', 'nullif(united.tokens, 0)') }}
            as cost_per_million_tokens_usd,
        {{ ratio('united.cost_nanos', 'sum(united.cost_nanos) over (partition by united.day, united.workspace, united.dimension)') }}
            as share_of_cost
    from united
    cross join horizon

)

select * from final
