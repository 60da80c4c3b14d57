{#- What an evaluator said of a query, from `scores` that hold one row an evaluator. -#}
{% macro score_of(evaluator, metric) -%}
    max(
        case when scores.evaluator = '{{ evaluator }}' then {{ to_double(json_text('scores.metrics', metric)) }} end
    )
{%- endmacro %}

{% macro label_of(evaluator) -%}
    max(case when scores.evaluator = '{{ evaluator }}' then scores.label end)
{%- endmacro %}
