{% macro small_model_share_target() -%}
    {{ var('small_model_share_target') }}
{%- endmacro %}
