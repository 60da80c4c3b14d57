{#- State adds up integers: a score becomes a whole number of millionths. -#}
{% macro to_millionths(score) -%}
    cast(round({{ score }} * 1000000) as bigint)
{%- endmacro %}


{#- And the average that their sum stands for. Divided once, so that 84 stars of 20 are 4.2 to the last bit. -#}
{% macro average_of_millionths(sum_of_millionths, count_of_scores) -%}
    {{ to_double(sum_of_millionths) }} / nullif({{ count_of_scores }} * 1000000, 0)
{%- endmacro %}
