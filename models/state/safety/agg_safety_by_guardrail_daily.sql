-- Sums over the guardrail checks of a local day by workspace and guardrail. A check that passed often names
-- no category: how often a category is hit needs the checks of the whole guardrail.
{{ config(key=['workspace', 'day', 'guardrail']) }}
with

guardrail_checks as (

    select * from {{ changes(ref('fct_guardrail_checks')) }} as changes

),

final as (

    select
        workspace,
        day,
        guardrail,
        {{ sum_counts('sign') }} as entries,
        {{ count_where(is_judged()) }} as judged_checks
    from guardrail_checks
    group by workspace, day, guardrail

)

select * from final
