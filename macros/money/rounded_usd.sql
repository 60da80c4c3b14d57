{#- Estimates in nano-dollars, which are no whole numbers. -#}
{% macro rounded_usd(nanos) -%}
    cast(round(cast({{ nanos }} as decimal(38, 9))) * 0.000000001 as decimal(38, 9))
{%- endmacro %}
