-- One row a workspace, provider, model and window of days that ends with `day`. Merged from histograms as it
-- is read: finished windows would have to be recomputed for every day that a late query reaches into.
with

pages as (

    select * from {{ ref('agg_latency_by_model_daily') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

seen_days as (

    select
        workspace,
        min(day) as first_day,
        max(day) as last_day
    from {{ ref('agg_performance_daily') }}
    group by workspace

),

-- Also days without a query: the windows that end with them are not empty.
ends as (

    select
        seen_days.workspace,
        {{ days_after('seen_days.first_day', 'numbers.days_since') }} as day
    from seen_days
    cross join horizon
    cross join lateral {{ each_number(
        days_between('seen_days.first_day', 'greatest(seen_days.last_day, horizon.today)')
    ) }} as numbers (days_since)

),

windows as (

    select 7 as window_days
    union all
    select 28 as window_days
    union all
    select 30 as window_days
    union all
    select 90 as window_days

),

merged as (

    select
        ends.workspace,
        ends.day,
        windows.window_days,
        of_window.*
    from ends
    cross join windows
    -- Window by window: of all at once, Postgres reads every day of every workspace.
    cross join lateral (
        select
            pages.provider,
            pages.model,
            pages.page,
            {{ merged_pages() }}
        from pages
        where
            ends.workspace = pages.workspace
            and ends.day >= pages.day
            and {{ days_after('ends.day', '-windows.window_days') }} < pages.day
        group by pages.provider, pages.model, pages.page
    ) as of_window

),

found as (

    {{ percentiles('merged', ['workspace', 'day', 'window_days', 'provider', 'model'], 'measured_queries') }}

),

final as (

    select
        found.day,
        found.workspace,
        found.provider,
        found.model,
        found.window_days,
        {{ days_after('found.day', '1 - found.window_days') }} as first_day,
        found.day < horizon.today as is_complete,
        found.measured_queries,
        found.latency_p50_ms,
        found.latency_p95_ms,
        found.latency_p99_ms,
        {{ not_judged_because('found.measured_queries') }} as not_judged_because
    from found
    cross join horizon

)

select * from final
