{#- Cost from sums over queries; null where no call has a cost in US dollars, and cost_status says why. -#}
{% macro cost_columns(sums) -%}
    {%- set known = '(case when ' ~ sums ~ '.priced_queries > 0 then ' ~ sums ~ '.cost_nanos end)' %}
    {{ nanos_to_usd(known) }} as cost_usd,
    {{ usd_each(known, sums ~ '.queries') }} as cost_per_query_usd,
    coalesce({{ sums }}.unpriced_calls, 0) as unpriced_calls,
    case
        when {{ sums }}.priced_queries > 0 and {{ sums }}.unpriced_calls > 0 then 'partly_priced'
        when {{ sums }}.priced_queries > 0 then 'priced'
        when {{ sums }}.unpriced_calls > 0 then 'unpriced'
        else 'no_calls'
    end as cost_status
{%- endmacro %}


{#- Divided before it is rounded: whole nano-dollars would be cut by a division of integers. -#}
{% macro usd_each(nanos, count) -%}
    {{ nanos_to_usd('(cast(' ~ nanos ~ ' as decimal(38, 9)) / ' ~ count ~ ')') }}
{%- endmacro %}
