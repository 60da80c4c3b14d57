-- Who says what: rows that landed, by workspace, log and source. A handful of rows, so that any mart can ask
-- why something is missing.
{{ config(key=['workspace', 'log', 'source_name']) }}
with

landed as (

    select * from {{ sums(ref('agg_landed_daily')) }} as sums

),

final as (

    select
        workspace,
        log,
        source_name,
        {{ sum_counts('entries') }} as entries
    from landed
    group by workspace, log, source_name

)

select * from final
