{#- Over the days of a workspace. A filter on the workspace goes below it, because it is what the sum is
    partitioned by. -#}
{% macro running_sum(change) -%}
    cast(
        sum(coalesce({{ change }}, 0)) over (
            partition by days.workspace order by days.day rows between unbounded preceding and current row
        ) as bigint
    )
{%- endmacro %}
