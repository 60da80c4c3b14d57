{% macro json_text(object, field) -%}
    {{ adapter.dispatch('json_text', 'assay')(object, field) }}
{%- endmacro %}

{% macro default__json_text(object, field) -%}
    ({{ object }} ->> '{{ field }}')
{%- endmacro %}

{% macro spark__json_text(object, field) -%}
    get_json_object({{ object }}, '$.{{ field }}')
{%- endmacro %}
