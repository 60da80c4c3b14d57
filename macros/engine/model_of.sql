{#- The node that builds a relation. -#}
{% macro model_of(relation) -%}
    {%- for node in graph.nodes.values() if node.relation_name == relation | string and node.resource_type == 'model' -%}
        {{ return(node) }}
    {%- endfor -%}
    {{ exceptions.raise_compiler_error(relation ~ ' is no model: `changes` and `keyed` take a ref.') }}
{%- endmacro %}


{% macro is_stateful(node) -%}
    {{ return(node.config.materialized in ('touched', 'additive')) }}
{%- endmacro %}
