-- One row a local day, workspace, scope and value that a budget can be for. The workspace, its providers
-- and models count all calls; surfaces, features and projects those that belong to queries.
with

costs as (

    select * from {{ ref('agg_costs_daily') }}

),

spend as (

    select * from {{ ref('agg_spend_daily') }}

),

united as (

    {% for scope, value in [('workspace', "'*'"), ('provider', 'provider'), ('model', 'model')] -%}
        select
            workspace,
            day,
            '{{ scope }}' as scope,
            {{ value }} as value,
            cost_nanos,
            calls - priced_calls as unpriced_calls
        from costs
        union all
    {% endfor -%}
    {% for scope in ['surface', 'feature', 'project'] -%}
        select
            workspace,
            day,
            '{{ scope }}' as scope,
            {{ scope }} as value,
            cost_nanos,
            unpriced_calls
        from spend
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        workspace,
        day,
        scope,
        value,
        {{ sum_counts('cost_nanos') }} as cost_nanos,
        {{ sum_counts('unpriced_calls') }} as unpriced_calls
    from united
    group by workspace, day, scope, value

)

select * from final
