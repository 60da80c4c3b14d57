-- Sums over the guardrail checks of a local day by workspace, guardrail and category: a dashboard's grain.
{{ config(key=['workspace', 'day', 'guardrail', 'category']) }}
with

guardrail_checks as (

    select * from {{ changes(ref('fct_guardrail_checks')) }} as changes

),

final as (

    select
        workspace,
        day,
        guardrail,
        {{ labelled('category') }} as category,
        {{ sum_counts('sign') }} as entries,
        {{ count_where("verdict = 'pass'") }} as passed,
        {{ count_where("verdict = 'flag'") }} as flagged,
        {{ count_where("verdict = 'block'") }} as blocked,
        {{ count_where("verdict = 'mask'") }} as masked,
        {{ count_where("verdict = 'error'") }} as errors,
        {{ count_where("human_override = 'upheld'") }} as upheld,
        {{ count_where("human_override = 'overturned'") }} as overturned,
        {{ count_where("human_override = 'overturned' and " ~ is_hit()) }} as overturned_hits
    from guardrail_checks
    group by workspace, day, guardrail, {{ labelled('category') }}

)

select * from final
