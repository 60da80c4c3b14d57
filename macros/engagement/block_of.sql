{#- Number of the 28 days that a day falls into: whatever lies within 28 days of a day is in its own block or
    in a neighbour. -#}
{% macro block_of(day) -%}
    cast(floor({{ to_double(days_between("date '1970-01-05'", day)) }} / 28) as integer)
{%- endmacro %}
