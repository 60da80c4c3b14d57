{#- Of grouped pages that carry `n_before` (entries on all lower pages of the cell) and `n_in_all`: the bucket
    of the value that percentile_disc would return. Only the page that holds its rank is looked at. -#}
{% macro page_percentile(share, only='true') -%}
    {%- set rank = '(ceil(' ~ to_double(share) ~ ' * n_in_all) - n_before)' -%}
    max({{ buckets_a_page() }} * page + {{ slot_of_rank(rank, 0, buckets_a_page()) }})
        filter (where {{ only }} and {{ rank }} > 0 and {{ rank }} <= entries)
{%- endmacro %}


{#- The slot, at least `low` and below `high`, that holds a rank within the page: half of them are ruled out by
    each comparison. -#}
{% macro slot_of_rank(rank, low, high) -%}
    {%- if high - low == 1 -%}
        {{ low }}
    {%- else -%}
        {%- set middle = (low + high) // 2 -%}
        case when first_{{ middle }} < {{ rank }}
            then {{ slot_of_rank(rank, middle, high) }} else {{ slot_of_rank(rank, low, middle) }} end
    {%- endif -%}
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
