-- One row a finding of a rule: what stands out, why it matters, what to do, and the rows of which mart say
-- so. A finding keeps its id as long as its rule finds it.
with

rules as (

    select * from {{ ref('insight_rules') }}

),

found as (

    {% for rule in insight_rules() -%}
        select
            '{{ rule }}' as rule,
            found.*
        from {{ ref('int_insight_' ~ rule) }} as found
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        md5(
            found.rule || '|'
            || cast({{ reference('found.workspace', 'found.subject') }} as {{ dbt.type_string() }})
        ) as insight_id,
        found.rule,
        rules.type,
        found.severity,
        found.workspace,
        found.subject,
        found.period_start,
        found.period_end,
        found.is_complete,
        found.title,
        found.description,
        coalesce(found.recommendation, rules.recommendation) as recommendation,
        found.value,
        rules.threshold,
        rules.unit,
        found.impact_usd,
        found.evidence_mart,
        found.evidence_time,
        found.evidence_keys
    from found
    inner join rules
        on found.rule = rules.rule

)

select * from final
