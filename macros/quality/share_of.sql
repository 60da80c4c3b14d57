{#- An estimate of a share may fall outside of what a share can be. -#}
{% macro share_of(estimate) -%}
    least(greatest({{ estimate }}, 0), 1)
{%- endmacro %}
