{#- Pearson's, from sums over `compared_answers` pairs; null where one side always said the same. -#}
{% macro correlation(sum_x, sum_y, sum_xx, sum_yy, sum_xy) -%}
    (
        ({{ sum_xy }} - {{ sum_x }} * {{ sum_y }} / compared_answers)
        / nullif(
            sqrt(
                greatest({{ sum_xx }} - {{ sum_x }} * {{ sum_x }} / compared_answers, 0)
                * greatest({{ sum_yy }} - {{ sum_y }} * {{ sum_y }} / compared_answers, 0)
            ),
            0
        )
    )
{%- endmacro %}
