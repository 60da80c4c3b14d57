{#- A test tagged `delta` is also compiled into a check of new batches: it has to select their batch_id. -#}
{% materialization test, adapter='postgres' %}
    {%- if 'delta' in model.tags and not assay.is_plain() -%}
        {%- do assay.do_sql(
            'select ops.register_check(' ~ [
                assay.quoted(target.schema), assay.quoted(model.name),
                assay.without_database(assay.quoted(assay.rewritten(sql, assay.spans(sql), is_check=true))),
            ] | join(', ') ~ ')'
        ) -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
    {{ return(dbt.materialization_test_default()) }}
{% endmaterialization %}
