{#- Whether a score in twentieths is that of an answer which is not of low quality. -#}
{% macro is_good(step) -%}
    ({{ step }} >= {{ var('low_quality_below') }} * 20)
{%- endmacro %}
