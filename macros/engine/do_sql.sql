{#- Unlike `run_query`, in the transaction that the materialization commits. -#}
{% macro do_sql(sql) -%}
    {%- call statement() -%}{{ sql }}{%- endcall -%}
{%- endmacro %}
