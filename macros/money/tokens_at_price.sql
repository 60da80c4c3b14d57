{#- Sums of tokens at one price: an estimate, since tiers and changes within a day are lost in a sum. Null where a
    kind that was used has no price. -#}
{% macro tokens_at_price(counts, price) -%}
    round(0.000001 * (
        {%- for meter in ['input', 'cache_read', 'cache_write', 'output', 'reasoning'] %}
        case when coalesce({{ counts }}.{{ meter }}_tokens, 0) = 0 then 0
            else cast({{ counts }}.{{ meter }}_tokens as decimal(38, 0)) * {{ price }}.{{ meter }}_price end
        {{- ' +' if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}
