{#- Estimates in nano-dollars, which are no whole numbers. -#}
{% macro rounded_usd(nanos) -%}
    cast(round(cast({{ nanos }} as decimal(38, 9))) * 0.000000001 as decimal(38, 9))
{%- endmacro %}


{#- As much of an amount as a part is of its whole, in whole nano-dollars. -#}
{% macro part_of(amount, part, whole) -%}
    round(cast({{ amount }} as decimal(38, 9)) * {{ part }} / {{ whole }})
{%- endmacro %}
