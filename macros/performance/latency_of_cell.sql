{#- What CTE `latency` says of the cell of a row, as `cell`. Cell by cell, so that what is not asked for is not
    finished. `max` of the one row tells Postgres that there is no second: where nobody asks for a percentile, it
    leaves the join out. A grouped join it leaves out only where no column of its key is given a value. -#}
{% macro latency_of_cell(row, key, figures) -%}
    left join lateral (
        select {% for figure in figures %}max(latency.{{ figure }}) as {{ figure }}{{ ', ' if not loop.last }}{% endfor %}
        from latency
        where {% for column in key %}latency.{{ column }} = {{ row }}.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    ) as cell on true
{%- endmacro %}
