{#- A hit is a check that did something: it flagged, blocked or masked. -#}
{% macro is_hit(verdict='verdict') -%}
    {{ verdict }} in ('flag', 'block', 'mask')
{%- endmacro %}
