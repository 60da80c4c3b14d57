{#- Variance of a mean of scores, from their sum, the sum of their squares and how many there are. -#}
{% macro variance_of_mean(sum_of_millionths, sum_of_squares, count_of_scores) -%}
    (
        greatest(
            {{ average_of_millionths(sum_of_squares, count_of_scores) }}
            - power({{ average_of_millionths(sum_of_millionths, count_of_scores) }}, 2),
            0
        ) / nullif({{ count_of_scores }} - 1, 0)
    )
{%- endmacro %}
