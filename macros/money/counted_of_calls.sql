{#- What queries add up of their calls. A new price changes the computed cost of a call, and rarely the one that
    counts: then no query is touched. -#}
{% macro counted_of_calls() -%}
    {{ return([
        'thread_ref', 'query_key', 'cost_nanos', 'input_tokens', 'cache_read_tokens', 'cache_write_tokens',
        'media_tokens', 'output_tokens', 'reasoning_tokens'
    ]) }}
{%- endmacro %}
