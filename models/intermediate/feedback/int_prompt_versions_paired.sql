-- Each version of a prompt beside the one before it, one row a workspace, prompt and version: over the
-- days on which both ran where they did (an experiment, a roll-out), else over all of its days against
-- the weeks before it came. Of those that began on one day v10 came after v9.
with

opinions as (

    select * from {{ ref('agg_opinions_daily') }}

),

days as (

    select
        workspace,
        prompt_name,
        prompt_version,
        day,
        {{ sum_counts('queries') }} as queries,
        {{ sum_counts('positive') }} as positive,
        {{ sum_counts('negative') }} as negative
    from opinions
    where prompt_version <> '(none)'
    group by workspace, prompt_name, prompt_version, day
    having sum(queries) > 0

),

versions as (

    select
        workspace,
        prompt_name,
        prompt_version,
        min(day) as first_day,
        max(day) as last_day,
        {{ sum_counts('queries') }} as queries,
        lag(prompt_version) over (
            partition by workspace, prompt_name
            order by min(day), length(prompt_version), prompt_version
        ) as baseline_version
    from days
    group by workspace, prompt_name, prompt_version

),

shared as (

    select
        versions.workspace,
        versions.prompt_name,
        versions.prompt_version,
        own.day
    from versions
    inner join days as own
        on
            versions.workspace = own.workspace and versions.prompt_name = own.prompt_name
            and versions.prompt_version = own.prompt_version
    inner join days as baseline
        on
            versions.workspace = baseline.workspace and versions.prompt_name = baseline.prompt_name
            and versions.baseline_version = baseline.prompt_version and own.day = baseline.day

),

based as (

    select
        versions.*,
        count(shared.day) as shared_days
    from versions
    left join shared
        on
            versions.workspace = shared.workspace and versions.prompt_name = shared.prompt_name
            and versions.prompt_version = shared.prompt_version
    group by
        versions.workspace, versions.prompt_name, versions.prompt_version, versions.first_day,
        versions.last_day, versions.queries, versions.baseline_version

),

placed as (

    select
        based.*,
        days.prompt_version = based.prompt_version as is_own,
        days.queries as day_queries,
        days.positive as day_positive,
        days.negative as day_negative,
        case
            when based.shared_days > 0 then shared.day is not null
            when days.prompt_version = based.prompt_version then true
            else days.day < based.first_day and days.day >= {{ days_after('based.first_day', -28) }}
        end as is_compared
    from based
    inner join days
        on
            based.workspace = days.workspace and based.prompt_name = days.prompt_name
            and days.prompt_version in (based.prompt_version, based.baseline_version)
    left join shared
        on
            based.workspace = shared.workspace and based.prompt_name = shared.prompt_name
            and based.prompt_version = shared.prompt_version and days.day = shared.day

),

final as (

    select
        workspace,
        prompt_name,
        prompt_version,
        baseline_version,
        first_day,
        last_day,
        queries,
        shared_days,
        {{ compared_sums('is_own') }},
        {{ compared_sums('not is_own', 'baseline_') }}
    from placed
    group by
        workspace, prompt_name, prompt_version, baseline_version, first_day, last_day, queries, shared_days

)

select * from final
