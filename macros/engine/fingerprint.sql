{% macro fingerprint(compiled, kind, key) -%}
    {%- set below = assay.below(model.unique_id) -%}
    {%- call statement('fingerprint', fetch_result=true) -%}
        select ops.fingerprint(
            {{ assay.without_database(assay.quoted(kind ~ ' by ' ~ key | join(', ') ~ ': ' ~ compiled)) }},
            {{ assay.quoted_array(below.views) }},
            {{ assay.quoted_array(below.seeds) }}
        )
    {%- endcall -%}
    {{ return(load_result('fingerprint').table[0][0]) }}
{%- endmacro %}


{#- Why the table has to be made anew; none where it is what it should be. Something else than what stands
    there is never put in its place unasked: state older than the raw logs could not come back. -#}
{% macro reason_to_rebuild(relation, fingerprint, is_plain) -%}
    {%- if is_plain -%}{{ return('plain') }}{%- endif -%}
    {%- call statement('known', fetch_result=true) -%}
        select fingerprint, is_stale, kind <> 'view' and to_regclass({{ assay.quoted(relation) }}) is not null
        from ops.model
        where target = '{{ target.schema }}' and schema_name = '{{ relation.schema }}' and name = '{{ relation.identifier }}'
    {%- endcall -%}
    {%- set known = load_result('known').table -%}
    {%- if not known or not known[0][2] -%}{{ return('new') }}
    {%- elif should_full_refresh() -%}{{ return('asked for' if known[0][0] == fingerprint else 'changed') }}
    {%- elif known[0][0] != fingerprint -%}
        {{ exceptions.raise_compiler_error(
            'its SQL, a var, a seed or a view below it changed, so what stands in the table is by another definition. '
            ~ 'Run `assay build --full-refresh --select ' ~ model.name ~ '+`.'
        ) }}
    {%- elif known[0][1] -%}{{ return('rebuilt below') }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}


{% macro quoted(text) -%}
    '{{ text | string | replace("'", "''") }}'
{%- endmacro %}


{% macro quoted_array(texts) -%}
    array[{% for text in texts %}{{ assay.quoted(text) }}{{ ', ' if not loop.last }}{% endfor %}]::text[]
{%- endmacro %}
