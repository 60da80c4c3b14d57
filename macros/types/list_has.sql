{#- Whether a list of texts holds one; null where there is no list. -#}
{% macro list_has(list, item) -%}
    {{ adapter.dispatch('list_has', 'assay')(list, item) }}
{%- endmacro %}

{% macro default__list_has(list, item) -%}
    {{ item }} = any({{ list }})
{%- endmacro %}

{% macro spark__list_has(list, item) -%}
    array_contains({{ list }}, {{ item }})
{%- endmacro %}
