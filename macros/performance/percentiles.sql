{#- Percentiles of the histograms of cells, and of how many values: few cells, finished as they are read. -#}
{% macro percentiles(pages, cell, counted, shares=(50, 95, 99)) -%}
    select
        {%- for column in cell %}
        {{ column }},
        {%- endfor %}
        n_in_all as {{ counted }},
        {%- for share in shares %}
        {{ bucket_ms('bucket_' ~ share) }} as latency_p{{ share }}_ms{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            {%- for column in cell %}
            {{ column }},
            {%- endfor %}
            max(n_in_all) as n_in_all,
            {%- for share in shares %}
            {{ page_percentile(share / 100) }} as bucket_{{ share }}{{ ',' if not loop.last }}
            {%- endfor %}
        from ({{ ranked_pages(pages, cell) }}) as ranked
        group by {{ cell | join(', ') }}
    ) as found
{%- endmacro %}
