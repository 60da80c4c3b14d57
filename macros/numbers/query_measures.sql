{#- What every sum over queries counts, so that a success is the same in every mart. Each is 0 where there is
    nothing, and says by a count of its own whether there was anything: `priced_queries`, `token_queries`. -#}
{% macro query_measures() -%}
    {{ sum_counts('sign') }} as entries,
    {{ sum_counts('sign') }} as queries,
    {{ count_where("status = 'ok'") }} as successes,
    {{ count_where("status = 'error'") }} as errors,
    {{ count_where("status = 'cancelled'") }} as cancelled,
    {{ count_where("status = 'blocked'") }} as blocked,
    {{ count_where('latency_ms is not null') }} as measured_queries,
    {{ add_up(to_micros('latency_ms')) }} as latency_micros,
    {{ count_where('cost_nanos is not null') }} as priced_queries,
    {{ add_up('cost_calls') }} as cost_calls,
    {{ add_up('unpriced_calls') }} as unpriced_calls,
    {{ add_up('cost_nanos') }} as cost_nanos,
    {{ count_where('cost_calls > 0') }} as token_queries,
    {{ add_up('input_tokens') }} as input_tokens,
    {{ add_up('cache_read_tokens') }} as cache_read_tokens,
    {{ add_up('cache_write_tokens') }} as cache_write_tokens,
    {{ add_up('media_tokens') }} as media_tokens,
    {{ add_up('output_tokens') }} as output_tokens,
    {{ add_up('reasoning_tokens') }} as reasoning_tokens,
    {{ add_up('positive_feedback') }} as positive_feedback,
    {{ add_up('negative_feedback') }} as negative_feedback
{%- endmacro %}


{#- The same of a finer family. -#}
{% macro summed_query_measures() -%}
    {%- for measure in [
        'entries', 'queries', 'successes', 'errors', 'cancelled',
        'blocked', 'measured_queries', 'latency_micros', 'priced_queries', 'cost_calls',
        'unpriced_calls', 'cost_nanos', 'token_queries', 'input_tokens', 'cache_read_tokens',
        'cache_write_tokens', 'media_tokens', 'output_tokens', 'reasoning_tokens', 'positive_feedback',
        'negative_feedback',
    ] %}
    {{ sum_counts(measure) }} as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
