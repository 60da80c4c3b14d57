{#- Somebody said so, or the assistant refused: what a good answer would have spared. -#}
{% macro is_dissatisfied() -%}
    (negative_feedback > positive_feedback or is_refused is true)
{%- endmacro %}


{#- From the var on, a question counts as one that the knowledge base has no answer to. -#}
{% macro is_unanswered() -%}
    (gap_probability >= {{ var('gap_probability_from') }})
{%- endmacro %}
