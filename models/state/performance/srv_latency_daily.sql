-- The finished percentiles of a local day and workspace, one row for all clocks: read in one look-up, and
-- recomputed only where a query came or went.
{{ config(materialized='touched', key=['workspace', 'day']) }}
with

pages as (

    select * from {{ keyed(ref('agg_latency_daily'), ['workspace', 'day'], makes_rows='always') }}

),

ranked as (

    {{ ranked_pages('pages', ['workspace', 'day', 'measure']) }}

),

found as (

    select
        workspace,
        day,
        {{ percentile_buckets() }}
    from ranked
    group by workspace, day

),

final as (

    select
        workspace,
        day,
        {{ percentiles_in_ms() }}
    from found

)

select * from final
