{#- Tokens from sums over queries; null where no call was logged, because then nobody counted any. -#}
{% macro token_columns(sums) -%}
    {%- set kinds = ['input', 'cache_read', 'cache_write', 'media', 'output', 'reasoning'] -%}
    {%- for kind in kinds %}
    case when {{ sums }}.token_queries > 0 then {{ sums }}.{{ kind }}_tokens end as {{ kind }}_tokens,
    {%- endfor %}
    case when {{ sums }}.token_queries > 0 then {{ all_tokens(sums) }} end as total_tokens
{%- endmacro %}


{#- The six counts are disjoint. -#}
{% macro all_tokens(sums) -%}
    {{ sums }}.input_tokens + {{ sums }}.cache_read_tokens + {{ sums }}.cache_write_tokens
    + {{ sums }}.media_tokens + {{ sums }}.output_tokens + {{ sums }}.reasoning_tokens
{%- endmacro %}
