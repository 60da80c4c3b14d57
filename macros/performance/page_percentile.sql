{#- Of grouped pages that carry `n_before` (entries on all lower pages of the cell) and `n_in_all`: the bucket
    of the value that percentile_disc would return. Only the page that holds its rank is looked at. -#}
{% macro page_percentile(share, only='true') -%}
    {%- set rank = 'ceil(' ~ to_double(share) ~ ' * n_in_all)' -%}
    max(
        {{ buckets_a_page() }} * page
        {%- for number in range(1, buckets_a_page()) %}
        + case when n_before + first_{{ number }} < {{ rank }} then 1 else 0 end
        {%- endfor %}
    ) filter (where {{ only }} and n_before < {{ rank }} and n_before + entries >= {{ rank }})
{%- endmacro %}


{#- Pages of cells with the ranks at which each begins. -#}
{% macro ranked_pages(pages, cell) -%}
    select
        *,
        cast(
            sum(entries) over (
                partition by {{ cell | join(', ') }} order by page rows between unbounded preceding and current row
            ) as bigint
        ) - entries as n_before,
        cast(sum(entries) over (partition by {{ cell | join(', ') }}) as bigint) as n_in_all
    from {{ pages }}
{%- endmacro %}


{#- Pages of several days as pages of their window. -#}
{% macro merged_pages() -%}
    {%- for number in range(1, buckets_a_page()) %}
    {{ sum_counts('first_' ~ number) }} as first_{{ number }},
    {%- endfor %}
    {{ sum_counts('entries') }} as entries
{%- endmacro %}
