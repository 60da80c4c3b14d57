{#- The features of orchestration/scoring/success.py, in their order. -#}
{% macro success_features() -%}
    {{ return([
        'steps', 'different_tools', 'writes', 'tool_errors', 'repeated_calls', 'handed_over', 'refusals',
        'longest_answer', 'failures', 'retries', 'doubt',
    ]) }}
{%- endmacro %}
