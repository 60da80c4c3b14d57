{#- An aggregate: one hash for a set of texts, whatever their order. Nulls are no members. -#}
{% macro set_hash(member) -%}
    {{ adapter.dispatch('set_hash', 'assay')(member) }}
{%- endmacro %}

{% macro default__set_hash(member) -%}
    md5(coalesce(string_agg({{ member }}, chr(31) order by {{ member }}), ''))
{%- endmacro %}

{% macro spark__set_hash(member) -%}
    md5(concat_ws(char(31), sort_array(collect_list({{ member }}))))
{%- endmacro %}
