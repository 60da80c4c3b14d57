{#- A page of log buckets a row, in counts that run within the page, so that a rank is found without taking it apart:
    `first_3` counts the first three of its buckets, `entries` all of them. They add and subtract like any count. -#}
{% macro histogram(measured, cell) -%}
    select
        {%- for column in cell %}
        {{ column }},
        {%- endfor %}
        page,
        {{ sum_counts('sign') }} as entries,
        {%- for number in range(1, buckets_a_page()) %}
        {{ count_where('slot < ' ~ number) }} as first_{{ number }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            *,
            {{ bucket_page('bucket') }} as page,
            {{ bucket_slot('bucket') }} as slot
        from {{ measured }}
        where bucket is not null
        {{ computed_once() }}
    ) as paged
    group by {{ cell | join(', ') }}, page
{%- endmacro %}
