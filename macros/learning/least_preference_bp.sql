{#- A preference is used above this, in hundredths of a percent. -#}
{% macro least_preference_bp() -%}
    {{ (var('least_preference_confidence', 0.6) * 10000) | round | int }}
{%- endmacro %}
