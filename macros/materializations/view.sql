{#- Stock dbt drops a view and everything that stands on it, a reader's own views too. This one replaces it in
    place where the columns allow that, leaves it alone where nothing changed, and else refuses. -#}
{% materialization view, adapter='postgres' %}
    {%- set relation = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if config.get('contract').enforced -%}
        {%- do get_assert_columns_equivalent(sql) -%}
    {%- endif -%}
    {%- call statement('main') -%}
        select ops.put_view({{ assay.quoted(relation) }}, {{ assay.quoted(sql) }})
    {%- endcall -%}
    {%- if not assay.is_plain() -%}
        {%- do assay.do_sql(
            'select ops.register_view(' ~ [
                assay.quoted(target.schema), assay.quoted(relation.schema), assay.quoted(relation.identifier)
            ] | join(', ') ~ ')'
        ) -%}
    {%- endif -%}
    {%- do apply_grants(relation, config.get('grants'), should_revoke=true) -%}
    {%- do persist_docs(relation, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}
