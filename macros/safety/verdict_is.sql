{#- A hit is a check that did something: it flagged, blocked or masked. -#}
{% macro is_hit(verdict='verdict') -%}
    {{ verdict }} in ('flag', 'block', 'mask')
{%- endmacro %}


{#- A check that failed says nothing about what it checked: it counts in no rate. -#}
{% macro is_judged(verdict='verdict') -%}
    {{ verdict }} <> 'error'
{%- endmacro %}
