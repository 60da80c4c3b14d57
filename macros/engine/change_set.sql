{#- The rows that a refresh adds to a relation (+1) and takes from it (-1), where it keeps them: see
    `session_table`. -#}
{% macro change_set(node) -%}
    (select * from {{ assay.session_table('changes', node) }})
{%- endmacro %}


{#- A log only grows: its change set is the rows of the new batches. -#}
{% macro new_rows(relation, columns='*') -%}
    select 1 as sign, {{ columns }} from {{ relation }}
    where batch_id = any(array(select window_batch.batch_id from ops.window_batch))
{%- endmacro %}
