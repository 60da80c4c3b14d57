{#- The features of orchestration/scoring/success.py, in their order. -#}
{% macro success_features() -%}
    {{ return([
        'steps', 'different_tools', 'writes', 'tool_errors', 'repeated_calls', 'handed_over', 'refusals',
        'longest_answer', 'failures', 'retries', 'doubt',
    ]) }}
{%- endmacro %}


{#- What each feature adds to the log-odds, from `metrics`. -#}
{% macro success_drivers() -%}
    {%- for feature in success_features() %}
    {{ to_double(json_text('metrics', 'driver_' ~ feature)) }} as driver_{{ feature }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
