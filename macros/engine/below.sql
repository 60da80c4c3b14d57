{#- What stands between a model and the logs or the state that it reads: stateful models (its order in a
    refresh), and views and seeds (its fingerprint). A view that a refresh takes changes from may only read
    logs: rows of state have no batch. -#}
{% macro below(node_id, found=none) -%}
    {%- set found = found or {'state': [], 'views': [], 'seeds': []} -%}
    {%- for parent_id in graph.nodes[node_id].depends_on.nodes if parent_id in graph.nodes -%}
        {%- set parent = graph.nodes[parent_id] -%}
        {%- if parent.resource_type == 'seed' -%}
            {%- do found.seeds.append(parent.checksum.checksum) -%}
        {%- elif assay.is_stateful(parent) -%}
            {%- do found.state.append(parent.schema ~ '.' ~ parent.name) -%}
        {%- elif parent.config.materialized == 'view' -%}
            {%- do found.views.append(parent.relation_name) -%}
            {%- do assay.below(parent_id, found) -%}
        {%- else -%}
            {{ exceptions.raise_compiler_error(
                node_id ~ ' reads ' ~ parent.name ~ ', a ' ~ parent.config.materialized
                ~ ': a refresh can only follow views, seeds, and models that are touched or additive.'
            ) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
