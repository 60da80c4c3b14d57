{#- Producers put what they like into a free object: what is no whole number that anybody believes is nothing. -#}
{% macro json_count(object, field) -%}
    {{ adapter.dispatch('json_count', 'assay')(object, field) }}
{%- endmacro %}

{% macro default__json_count(object, field) -%}
    case
        when jsonb_typeof({{ object }} -> '{{ field }}') = 'number'
            and ({{ object }} ->> '{{ field }}')::numeric between 0 and 1e15
            then round(({{ object }} ->> '{{ field }}')::numeric)::bigint
    end
{%- endmacro %}

{% macro spark__json_count(object, field) -%}
    cast(round(try_cast(get_json_object({{ object }}, '$.{{ field }}') as decimal(38, 9))) as bigint)
{%- endmacro %}
