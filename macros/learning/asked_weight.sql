{#- How many queries an answered ask stands for, in thousandths: one over the probability with which the product
    asked. Unknown is taken as certain, and no ask stands for more than a hundred. -#}
{% macro asked_weight(ask_probability) -%}
    cast(round(1000 / greatest(coalesce({{ ask_probability }}, 1), 0.01)) as bigint)
{%- endmacro %}
