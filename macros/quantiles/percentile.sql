{% macro percentile(column, share) -%}
    percentile_disc({{ share }}) within group (order by {{ column }})
{%- endmacro %}
