{#- What has a price of its own. Those of a prompt come first, in the order in which it is filled: what a cache
    holds is its beginning. -#}
{% macro meters() -%}
    {{ return([
        'cache_read', 'cache_write_1h', 'cache_write', 'input', 'audio_input', 'image_input',
        'output', 'reasoning', 'audio_output', 'request', 'tool_call'
    ]) }}
{%- endmacro %}


{% macro prompt_meters() -%}{{ return(meters()[:6]) }}{%- endmacro %}


{% macro marginal_meters() -%}{{ return(meters()[:4]) }}{%- endmacro %}


{% macro token_meters() -%}{{ return(meters()[:9]) }}{%- endmacro %}


{% macro prompt_tokens(calls) -%}
    ({%- for meter in prompt_meters() -%}
        coalesce({{ calls }}.{{ meter }}_tokens, 0){{ ' + ' if not loop.last }}
    {%- endfor -%})
{%- endmacro %}
