{#- What the calls of a query used and cost together. -#}
{% macro call_sums() -%}
    count(*) as cost_calls,
    count(cost_nanos) as priced_calls,
    {{ sum_nanos('cost_nanos') }} as cost_nanos,
    {{ sum_counts('input_tokens') }} as input_tokens,
    {{ sum_counts('cache_read_tokens') }} as cache_read_tokens,
    {{ sum_counts('cache_write_tokens') }} as cache_write_tokens,
    {{ sum_counts('media_tokens') }} as media_tokens,
    {{ sum_counts('output_tokens') }} as output_tokens,
    {{ sum_counts('reasoning_tokens') }} as reasoning_tokens
{%- endmacro %}
