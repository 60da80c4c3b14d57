{#- The percentiles that every performance mart shows: their names, clocks and shares. -#}
{% macro latency_percentiles() -%}
    {{ return([
        ('latency_p50', 'total', 0.50), ('latency_p95', 'total', 0.95), ('latency_p99', 'total', 0.99),
        ('first_token_p50', 'first_token', 0.50), ('first_token_p95', 'first_token', 0.95),
        ('retrieval_p95', 'retrieval', 0.95), ('llm_p95', 'llm', 0.95),
    ]) }}
{%- endmacro %}


{#- From ranked pages of all clocks: the bucket of each percentile. -#}
{% macro percentile_buckets() -%}
    {%- for name, measure, share in latency_percentiles() %}
    {{ page_percentile(share, "measure = '" ~ measure ~ "'") }} as {{ name }}_bucket{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{#- And the milliseconds that each bucket stands for. -#}
{% macro percentiles_in_ms() -%}
    {%- for name, _, _ in latency_percentiles() %}
    {{ bucket_ms(name ~ '_bucket') }} as {{ name }}_ms{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
