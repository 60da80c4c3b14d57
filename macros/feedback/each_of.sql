{#- In a select list: the row once for every element of the list; not at all where that is empty or null. -#}
{% macro each_of(list) -%}
    {{ adapter.dispatch('each_of', 'assay')(list) }}
{%- endmacro %}

{% macro default__each_of(list) -%}
    unnest({{ list }})
{%- endmacro %}

{% macro spark__each_of(list) -%}
    explode({{ list }})
{%- endmacro %}
