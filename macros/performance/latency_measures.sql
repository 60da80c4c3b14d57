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


{#- The bucket of the clock that the column `measure` names. -#}
{% macro measured_bucket() -%}
    case measure
        when 'total' then latency_bucket
        when 'first_token' then first_token_bucket
        when 'retrieval' then retrieval_bucket
        else llm_bucket
    end
{%- endmacro %}


{#- The bucket of each clock, taken once a query and not once a histogram. -#}
{% macro clock_buckets() -%}
    {{ latency_bucket('coalesce(parts.latency_ms, queries.latency_ms)') }} as latency_bucket,
    {{ latency_bucket('coalesce(parts.first_token_ms, queries.first_token_ms)') }} as first_token_bucket,
    {{ latency_bucket('coalesce(parts.retrieval_ms, queries.retrieval_ms)') }} as retrieval_bucket,
    {{ latency_bucket('coalesce(parts.llm_ms, queries.llm_ms)') }} as llm_bucket
{%- endmacro %}
