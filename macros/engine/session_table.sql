{#- Where a refresh keeps a model's `keys` or `changes`, for the length of its transaction. -#}
{% macro session_table(what, node) -%}
    {%- set name = what ~ ' of ' ~ node.schema ~ '.' ~ node.name -%}
    {%- if name | length > 63 -%}
        {{ exceptions.raise_compiler_error(name ~ ' is longer than the 63 characters of a Postgres name.') }}
    {%- endif -%}
    pg_temp."{{ name }}"
{%- endmacro %}
