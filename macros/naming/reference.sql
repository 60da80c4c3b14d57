{#- Separated by a character that no id holds; hashed because an id may be thousands of characters long.
    The indexes of migration 0005 are on this very expression. -#}
{% macro reference(workspace, id) -%}
    {{ adapter.dispatch('reference', 'assay')(workspace, id) }}
{%- endmacro %}

{% macro default__reference(workspace, id) -%}
    cast(md5({{ workspace }} || chr(31) || {{ id }}) as uuid)
{%- endmacro %}

{% macro spark__reference(workspace, id) -%}
    md5(concat({{ workspace }}, char(31), {{ id }}))
{%- endmacro %}
