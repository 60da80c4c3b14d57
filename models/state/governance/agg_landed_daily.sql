-- Rows that landed, by local day, workspace and log: one end of the reconciliation.
{{ config(key=['workspace', 'day', 'log']) }}
with

landed as (

    select * from {{ changes(ref('fct_landed_rows')) }} as changes

),

final as (

    select
        workspace,
        day,
        log,
        {{ sum_counts('sign') }} as entries
    from landed
    group by workspace, day, log

)

select * from final
