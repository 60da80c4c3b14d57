{#- A whole number at a place, counted from 0, of a list in a JSON object. -#}
{% macro json_position(object, field, place) -%}
    {{ adapter.dispatch('json_position', 'assay')(object, field, place) }}
{%- endmacro %}

{% macro default__json_position(object, field, place) -%}
    cast({{ object }} -> '{{ field }}' ->> {{ place }} as bigint)
{%- endmacro %}

{% macro spark__json_position(object, field, place) -%}
    cast(get_json_object({{ object }}, '$.{{ field }}[{{ place }}]') as bigint)
{%- endmacro %}
