{#- In a select list: the items of a JSON list, one a row. -#}
{% macro json_items(list) -%}
    {{ adapter.dispatch('json_items', 'assay')(list) }}
{%- endmacro %}

{% macro default__json_items(list) -%}
    jsonb_array_elements({{ list }})
{%- endmacro %}

{% macro spark__json_items(list) -%}
    explode(from_json({{ list }}, 'array<string>'))
{%- endmacro %}
