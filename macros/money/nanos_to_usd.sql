{#- A product is exact where a quotient is not: Postgres cuts 1234567890123456789 / 1e9 to 8 decimals. -#}
{% macro nanos_to_usd(nanos) -%}
    cast({{ nanos }} * 0.000000001 as decimal(38, 9))
{%- endmacro %}
