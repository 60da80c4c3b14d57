-- Rows that landed, by local day, workspace, log and source: one end of the reconciliation.
{{ config(key=['workspace', 'day', 'log', 'source_name']) }}
with

landed as (

    select * from {{ changes(ref('fct_landed_rows')) }} as changes

),

final as (

    select
        workspace,
        day,
        log,
        {{ short_name('source', 100) }} as source_name,
        {{ sum_counts('sign') }} as entries
    from landed
    group by workspace, day, log, {{ short_name('source', 100) }}

)

select * from final
