{#- Whether a batch had landed by the moment that a reader asks for by `set assay.as_of = '...'`; without it, all
    have. -#}
{% macro was_known(landed_at) -%}
    {{ adapter.dispatch('was_known', 'assay')(landed_at) }}
{%- endmacro %}

{% macro default__was_known(landed_at) -%}
    {{ landed_at }} <= coalesce(cast(nullif(current_setting('assay.as_of', true), '') as timestamptz), 'infinity')
{%- endmacro %}

{% macro spark__was_known(landed_at) -%}
    {{ landed_at }} <= coalesce(cast(nullif('${assay.as_of}', '') as timestamp), current_timestamp())
{%- endmacro %}
