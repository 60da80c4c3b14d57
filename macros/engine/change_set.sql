{#- The rows that a refresh adds to a relation (+1) and takes from it (-1). A log only grows: its change set
    is the rows of the new batches. -#}
{% macro change_set(node) -%}
    {%- if assay.is_stateful(node) -%}
        (select * from {{ assay.session_table('changes', node) }})
    {%- else -%}
        (
            select *, 1 as sign from {{ node.relation_name }}
            where batch_id = any(array(select window_batch.batch_id from ops.window_batch))
        )
    {%- endif -%}
{%- endmacro %}
