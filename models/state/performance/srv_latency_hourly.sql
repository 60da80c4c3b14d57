-- The finished percentiles of a UTC hour and workspace, one row for all clocks: read in one look-up, and
-- recomputed only where a query came or went.
{{ config(materialized='touched', key=['workspace', 'hour_at']) }}
with

pages as (

    select * from {{ keyed(ref('agg_latency_hourly'), ['workspace', 'hour_at'], makes_rows='always') }}

),

ranked as (

    {{ ranked_pages('pages', ['workspace', 'hour_at', 'measure']) }}

),

found as (

    select
        workspace,
        hour_at,
        {{ percentile_buckets() }}
    from ranked
    group by workspace, hour_at

),

final as (

    select
        workspace,
        hour_at,
        {{ percentiles_in_ms() }}
    from found

)

select * from final
