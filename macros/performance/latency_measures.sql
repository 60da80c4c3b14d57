{#- What a query's clocks measured, one row a clock: the single scan that all histograms of clocks make. -#}
{% macro latency_measures() -%}
    select 'total' as measure
    union all
    select 'first_token' as measure
    union all
    select 'retrieval' as measure
    union all
    select 'llm' as measure
{%- endmacro %}


{% macro latency_measured() -%}
    case measure
        when 'total' then latency_ms
        when 'first_token' then first_token_ms
        when 'retrieval' then retrieval_ms
        else llm_ms
    end
{%- endmacro %}
