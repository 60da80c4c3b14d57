{#- Not a bigint: ten lines that each claim a billion dollars must not stop a build. -#}
{% macro sum_nanos(nanos) -%}
    cast(sum({{ nanos }}) as decimal(38, 0))
{%- endmacro %}
