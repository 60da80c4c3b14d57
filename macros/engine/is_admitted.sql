{#- A hashed set, built once a statement: it stays small, since what is pending or held is little. -#}
{% macro is_admitted(batch_id) -%}
    {{ adapter.dispatch('is_admitted', 'assay')(batch_id) }}
{%- endmacro %}

{% macro default__is_admitted(batch_id) -%}
    {{ batch_id }} not in (select hidden_batch.batch_id from ops.hidden_batch)
{%- endmacro %}

{% macro spark__is_admitted(batch_id) -%}
    true
{%- endmacro %}
