{#- Running counts within the page, so that a rank is found without taking the page apart: `first_3` counts
    the first three of its buckets, `entries` all eight. They add and subtract like any count. -#}
{% macro page_counts(bucket='bucket', page='page') -%}
    {{ sum_counts('sign') }} as entries,
    {%- for number in range(1, 8) %}
    {{ count_where(bucket ~ ' < 8 * ' ~ page ~ ' + ' ~ number) }} as first_{{ number }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
