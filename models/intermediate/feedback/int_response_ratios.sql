-- The ratio by which a workspace's opinions are corrected, a row a workspace and channel: its own
-- measurement pooled with that of all workspaces, each by how sure it is. Without a row nothing
-- identifies it.
with

measured as (

    select * from {{ ref('int_response_measured') }}

),

opinions as (

    select * from {{ ref('int_opinions_by_channel') }}

),

workspaces as (

    select distinct
        workspace,
        channel
    from opinions

),

overall as (

    select * from measured
    where workspace is null and variance <= {{ var('most_log_variance') }}

),

weighed as (

    select
        workspaces.workspace,
        workspaces.channel,
        overall.log_ratio as overall_log_ratio,
        1 / (overall.variance + power({{ var('response_ratio_spread') }}, 2)) as overall_weight,
        coalesce(own.log_ratio, 0) as own_log_ratio,
        coalesce(1 / own.variance, 0) as own_weight
    from workspaces
    inner join overall on workspaces.channel = overall.channel
    left join measured as own
        on workspaces.workspace = own.workspace and workspaces.channel = own.channel

),

final as (

    select
        workspace,
        channel,
        (overall_log_ratio * overall_weight + own_log_ratio * own_weight) / (overall_weight + own_weight)
            as log_ratio,
        1 / (overall_weight + own_weight) as variance
    from weighed

)

select * from final
