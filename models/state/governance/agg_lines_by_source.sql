-- Who says what: rows that landed, by workspace, log and source. A handful of rows, so that any mart can ask
-- why something is missing.
{{ config(key=['workspace', 'log', 'source_name']) }}
with

landed as (

    select * from {{ changes(ref('fct_landed_rows')) }} as changes

),

final as (

    select
        workspace,
        log,
        {{ short_name('source', 100) }} as source_name,
        {{ sum_counts('sign') }} as entries
    from landed
    group by workspace, log, {{ short_name('source', 100) }}

)

select * from final
