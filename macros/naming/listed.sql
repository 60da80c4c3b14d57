{#- An aggregate: names in their order, as people list them. Nulls are left out; of none, null. -#}
{% macro listed(name) -%}
    {{ adapter.dispatch('listed', 'assay')(name) }}
{%- endmacro %}

{% macro default__listed(name) -%}
    string_agg({{ name }}, ', ' order by {{ name }})
{%- endmacro %}

{% macro spark__listed(name) -%}
    nullif(concat_ws(', ', sort_array(collect_list({{ name }}))), '')
{%- endmacro %}
