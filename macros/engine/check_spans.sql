{#- Refuses what a refresh could not keep equal to a rebuild. -#}
{% macro check_spans(kind, spans, key) -%}
    {%- if kind == 'touched' and not config.get('meta').get('grain') -%}
        {{ exceptions.raise_compiler_error('a touched model states its grain: `config: {meta: {grain: [...]}}` in its yml.') }}
    {%- endif -%}
    {%- set marked = spans | map(attribute='node') | map(attribute='unique_id') | list -%}
    {%- for span in spans if span.read_whole -%}{%- do marked.append(assay.model_of(span.read_whole).unique_id) -%}{%- endfor -%}
    {%- for parent_id in model.depends_on.nodes if parent_id.startswith('model.') and parent_id not in marked -%}
        {{ exceptions.raise_compiler_error(
            'it reads ' ~ parent_id ~ ' directly: a refresh would not notice when that changes. Read it through '
            ~ ('keyed' if kind == 'touched' else 'changes') ~ '().'
        ) }}
    {%- endfor -%}
    {%- for span in spans -%}
        {%- if kind == 'touched' and span.columns | length != key | length -%}
            {{ exceptions.raise_compiler_error(
                'keyed(' ~ span.relation ~ ') needs one column for each of the key: ' ~ key | join(', ')
            ) }}
        {%- elif (kind == 'touched') != (span.kind == 'keyed') -%}
            {{ exceptions.raise_compiler_error('a ' ~ kind ~ ' model cannot read through ' ~ span.kind ~ '().') }}
        {%- elif kind == 'additive' and (span.kind == 'changes') == (span.node.config.materialized == 'additive') -%}
            {{ exceptions.raise_compiler_error(
                span.relation ~ (' is a family of sums, whose changes have no sign: read it through sums() or appeared().'
                if span.kind == 'changes' else ' is no family of sums: read it through changes().')
            ) }}
        {%- elif not assay.is_stateful(span.node) and assay.below(span.node.unique_id).state -%}
            {{ exceptions.raise_compiler_error(
                span.relation ~ ' is a view over state, whose rows have no batch: read the state itself.'
            ) }}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
