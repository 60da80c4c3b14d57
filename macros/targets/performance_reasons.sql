{#- Why a cell cannot be judged by the targets, and below: how it is judged. -#}
{% macro performance_reasons() -%}
    {{ not_judged_because('queries - cancelled') }} as success_not_judged_because,
    {{ not_judged_because('measured_queries') }} as latency_not_judged_because,
    case
        when unpriced_calls > 0 then 'cost_incomplete'
        else {{ not_judged_because('case when cost_usd is null then 0 else queries end', 'unsaid.costs') }}
    end as cost_not_judged_because
{%- endmacro %}


{% macro performance_targets() -%}
    {{ judge('success_rate', '>', var('success_rate_target'), 'success_not_judged_because') }} as success_target,
    {{ judge('latency_p95_ms', '<', var('latency_p95_target_ms'), 'latency_not_judged_because') }} as latency_target,
    {{ judge('cost_per_query_usd', '<', var('cost_per_query_target_usd'), 'cost_not_judged_because') }} as cost_target
{%- endmacro %}
