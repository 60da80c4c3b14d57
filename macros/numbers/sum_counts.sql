{#- Sums of bigint are numeric in Postgres; this is a bigint everywhere. -#}
{% macro sum_counts(counts) -%}
    cast(sum({{ counts }}) as bigint)
{%- endmacro %}
