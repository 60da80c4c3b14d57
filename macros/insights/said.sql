{#- Numbers in sentences: the same rounding everywhere, and no names that somebody else chose. -#}
{% macro said_usd(amount) -%}
    {{ adapter.dispatch('said_usd', 'assay')(amount) }}
{%- endmacro %}

{% macro default__said_usd(amount) -%}
    ('$' || to_char(round(cast({{ amount }} as decimal(38, 9)), 2), 'FM999,999,999,990.00'))
{%- endmacro %}

{% macro spark__said_usd(amount) -%}
    concat('$', format_number(cast({{ amount }} as decimal(38, 9)), 2))
{%- endmacro %}


{% macro said_share(share) -%}
    {{ adapter.dispatch('said_share', 'assay')(share) }}
{%- endmacro %}

{% macro default__said_share(share) -%}
    (to_char(round(cast(100 * {{ share }} as decimal(38, 9)), 1), 'FM999,990.0') || ' %')
{%- endmacro %}

{% macro spark__said_share(share) -%}
    concat(format_number(100 * {{ share }}, 1), ' %')
{%- endmacro %}


{% macro said_number(number) -%}
    {{ adapter.dispatch('said_number', 'assay')(number) }}
{%- endmacro %}

{% macro default__said_number(number) -%}
    to_char(round(cast({{ number }} as decimal(38, 9))), 'FM999,999,999,990')
{%- endmacro %}

{% macro spark__said_number(number) -%}
    format_number({{ number }}, 0)
{%- endmacro %}
