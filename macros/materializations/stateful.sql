{#- Facts and finished figures that join logs: a refresh recomputes the keys that any input touched. -#}
{% materialization touched, adapter='postgres' %}
    {{ return(assay.build_stateful('touched', sql)) }}
{% endmaterialization %}


{#- Sums: a refresh adds the sums of what changed. -#}
{% materialization additive, adapter='postgres' %}
    {{ return(assay.build_stateful('additive', sql)) }}
{% endmaterialization %}


{#- One transaction, under the lock that refreshes take. The rows of a model that stands and is what it was are
    left alone: the refresh at the start of the build has brought them up to date. -#}
{% macro build_stateful(kind, compiled) -%}
    {%- set relation = this.incorporate(type='table') -%}
    {%- set is_plain = assay.is_plain() -%}
    {%- do assay.refuse_parts_of_the_data() -%}
    {%- set spans = assay.spans(compiled) -%}
    {%- set key = config.require('key') -%}
    {%- do assay.check_spans(kind, spans, key) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- do assay.do_sql('select ops.lock_refresh()') -%}
    {%- set fingerprint = assay.fingerprint(compiled, kind, key) -%}
    {%- set reason = assay.reason_to_rebuild(relation, fingerprint, is_plain) -%}
    {%- call statement('main') -%}
        select '{{ reason or "as it was" }}' as rebuilt
    {%- endcall -%}
    {%- if reason -%}
        {%- do assay.shape_table(kind, relation, compiled, key) -%}
        {%- do assay.fill_table(kind, relation, compiled, key, reason) -%}
        {%- do assay.index_table(kind, relation, key) -%}
        {%- do assay.do_sql('analyze ' ~ relation) -%}
        {%- do assay.refuse_missing_keys(relation, spans, key) -%}
        {%- if not is_plain -%}
            {%- do assay.register(kind, relation, compiled, spans, key, fingerprint) -%}
        {%- endif -%}
        {%- do assay.require_values(kind, relation, key) -%}
    {%- else -%}
        {%- do assay.loosen_table(kind, relation, key) -%}
        {%- do assay.register_steps(kind, relation, compiled, spans, key) -%}
    {%- endif -%}
    {%- do apply_grants(relation, config.get('grants'), should_revoke=true) -%}
    {%- do persist_docs(relation, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [relation]}) }}
{%- endmacro %}


{#- A table from a part of the data would be taken for the whole by the next refresh. -#}
{% macro refuse_parts_of_the_data() -%}
    {%- for option in ('empty', 'sample', 'defer') if invocation_args_dict.get(option) -%}
        {{ exceptions.raise_compiler_error(
            'state is a sum over everything: build it without --' ~ option ~ '.'
        ) }}
    {%- endfor -%}
{%- endmacro %}
