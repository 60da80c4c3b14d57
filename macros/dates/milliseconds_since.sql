{#- Asks the clock: only for what people watch, where waiting itself is the measure. -#}
{% macro milliseconds_since(moment) -%}
    {{ adapter.dispatch('milliseconds_since', 'assay')(moment) }}
{%- endmacro %}

{% macro default__milliseconds_since(moment) -%}
    cast(extract(epoch from current_timestamp - {{ moment }}) * 1000 as bigint)
{%- endmacro %}

{% macro spark__milliseconds_since(moment) -%}
    unix_millis(current_timestamp()) - unix_millis({{ moment }})
{%- endmacro %}
