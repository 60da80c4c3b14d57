{#- Running counts within the page, so that a rank is found without taking the page apart: `first_3` counts
    the first three of its buckets, `entries` all of them. They add and subtract like any count. -#}
{% macro page_counts(slot='slot') -%}
    {{ sum_counts('sign') }} as entries,
    {%- for number in range(1, buckets_a_page()) %}
    {{ count_where(slot ~ ' < ' ~ number) }} as first_{{ number }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
