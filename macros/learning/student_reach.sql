{#- How many standard errors a 95 % interval reaches to each side, by Student's t with that many degrees of
    freedom (4 or more): 1.96 by the normal, and the first three terms of its expansion. 4: 2.77, 10: 2.228. -#}
{% macro student_reach(freedom) -%}
    (
        1.959964 + 2.372271 / ({{ freedom }}) + 2.822502 / power({{ freedom }}, 2)
        + 2.555850 / power({{ freedom }}, 3)
    )
{%- endmacro %}
