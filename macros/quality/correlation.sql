{#- Pearson's, from sums over `compared_answers` pairs; null where one side always said the same. Multiplied by their
    number instead of divided: exact sums then leave exactly zero. -#}
{% macro correlation(sum_x, sum_y, sum_xx, sum_yy, sum_xy) -%}
    (
        (compared_answers * {{ sum_xy }} - {{ sum_x }} * {{ sum_y }})
        / nullif(
            sqrt(
                greatest(compared_answers * {{ sum_xx }} - {{ sum_x }} * {{ sum_x }}, 0)
                * greatest(compared_answers * {{ sum_yy }} - {{ sum_y }} * {{ sum_y }}, 0)
            ),
            0
        )
    )
{%- endmacro %}
