{#- Writes the compiled refresh into the database. -#}
{% macro register(kind, relation, compiled, spans, key, fingerprint) -%}
    {%- set relation = relation.include(database=false) -%}
    {%- set refresh = assay.refresh_of(kind, relation, compiled, spans, key) -%}
    {%- do assay.register_logs(spans) -%}
    {%- do assay.do_sql(
        'select ops.register(' ~ [
            assay.quoted(target.schema), assay.quoted(relation.schema), assay.quoted(relation.identifier), assay.quoted(kind),
            assay.quoted(fingerprint), assay.without_database(assay.quoted(compiled)), assay.quoted_array(assay.below(model.unique_id).state),
            refresh.prepare, refresh.steps,
        ] | join(', ') ~ ')'
    ) -%}
{%- endmacro %}


{#- The rows are what they should be; how a refresh goes about it may have become better since. -#}
{% macro register_steps(kind, relation, compiled, spans, key) -%}
    {%- set relation = relation.include(database=false) -%}
    {%- set refresh = assay.refresh_of(kind, relation, compiled, spans, key) -%}
    {%- do assay.register_logs(spans) -%}
    {%- set where = {'target': target.schema, 'schema_name': relation.schema, 'name': relation.identifier} -%}
    {%- call statement() -%}
        update ops.model set prepare = refresh.prepare, steps = refresh.steps, registered_at = clock_timestamp()
        from (select {{ refresh.prepare }} as prepare, {{ refresh.steps }} as steps) as refresh
        where (model.prepare, model.steps) is distinct from (refresh.prepare, refresh.steps)
            {%- for column, value in where.items() %} and model.{{ column }} = {{ assay.quoted(value) }}{% endfor %}
    {%- endcall -%}
{%- endmacro %}


{#- Views over logs have change sets too: the columns that they have today, since a view may be given more. -#}
{% macro register_logs(spans) -%}
    {%- set found = {} -%}
    {%- for span in spans if not assay.is_stateful(span.node) -%}
        {%- do found.update({span.node.schema ~ '.' ~ span.node.name: span.node}) -%}
    {%- endfor -%}
    {%- for node in found.values() -%}
        {%- do assay.do_sql('select ops.register_new_rows(' ~ [
            assay.quoted(target.schema), assay.quoted(node.schema), assay.quoted(node.name),
            assay.without_database(assay.quoted(
                assay.new_rows(node.relation_name, assay.column_names(node.relation_name) | join(', '))
            )),
        ] | join(', ') ~ ')') -%}
    {%- endfor -%}
{%- endmacro %}


{#- The session tables are those of the table's own columns. A sign is what every reader of changes asks for, so it
    stands where no other column has to be read for it. -#}
{% macro refresh_of(kind, relation, compiled, spans, key) -%}
    {%- set typed = adapter.get_columns_in_relation(relation) -%}
    {%- set columns = typed | map(attribute='name') | list -%}
    {%- set changed = assay.session_table('changes', model) -%}
    {%- set prepare = [
        'drop table if exists ' ~ changed,
        'create temp table ' ~ changed.replace('pg_temp.', '') ~ ' on commit delete rows as select '
        ~ ('1 as sign, null::tid as standing_at, ' if kind == 'touched' else '') ~ 'changes.* from ' ~ relation ~ ' as changes with no data',
    ] -%}
    {%- if kind == 'touched' -%}
        {%- set keys = assay.session_table('keys', model) -%}
        {%- set named = [] -%}
        {%- for column in key -%}{%- do named.append(column ~ ' as k' ~ loop.index) -%}{%- endfor -%}
        {%- do prepare.extend([
            'drop table if exists ' ~ keys,
            'create temp table ' ~ keys.replace('pg_temp.', '') ~ ' on commit delete rows as select '
            ~ named | join(', ') ~ ' from ' ~ relation ~ ' with no data',
        ]) -%}
        {%- set steps = assay.touched_steps(model, relation, compiled, spans, typed, key, config.get('meta').grain) -%}
    {%- else -%}
        {%- set measures = columns | reject('in', key) | list -%}
        {%- set steps = assay.additive_steps(model, relation, compiled, spans, key, measures) -%}
    {%- endif -%}
    {{ return({'prepare': assay.quoted_array(prepare), 'steps': assay.without_database(assay.quoted_array(steps))}) }}
{%- endmacro %}


{#- What is registered outlives the name of its database: a copy or a restored backup has another. -#}
{% macro without_database(sql) -%}
    {{ sql | replace('"' ~ target.dbname ~ '".', '') }}
{%- endmacro %}
