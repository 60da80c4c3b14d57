{#- Before a build: what stands is brought to one horizon, at which new models are then built. -#}
{% macro begin_build() -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        select ops.begin_build('{{ target.schema }}', {{ assay.is_plain() }})
    {%- endif -%}
{%- endmacro %}


{#- After it: what the project no longer has goes. Only after a build without errors, since models that still
    read it may have failed to be rebuilt. -#}
{% macro end_build() -%}
    {%- if execute and flags.WHICH in ('run', 'build') and not assay.is_plain()
        and not results | selectattr('status', 'in', ['error', 'skipped']) | list -%}
        {%- set models = [] -%}
        {%- set checks = [] -%}
        {%- for node in graph.nodes.values() -%}
            {%- if node.resource_type == 'model' -%}{%- do models.append(node.schema ~ '.' ~ node.name) -%}
            {%- elif node.resource_type == 'test' and 'delta' in node.tags -%}{%- do checks.append(node.name) -%}
            {%- endif -%}
        {%- endfor -%}
        select ops.end_build('{{ target.schema }}', {{ assay.quoted_array(models) }}, {{ assay.quoted_array(checks) }})
    {%- endif -%}
{%- endmacro %}
