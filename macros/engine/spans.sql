{#- What `changes` and `keyed` marked in a model's compiled SQL. Regular expressions are enough because the
    marks are ours, and a mark cannot stand inside another. -#}
{% macro spans(compiled) -%}
    {%- set found = [] -%}
    {%- for text, kind, relation, columns, only, read_whole in modules.re.findall(
        '(/[*](changes of|sums of|appeared in|always keyed|keyed|joined|looked_up) (.+?)(?: by (.+?))?(?: of (.+?))?(?: for (.+?))?[*]/.*?/[*]end[*]/)', compiled, modules.re.S
    ) -%}
        {%- do found.append({
            'text': text,
            'kind': {'changes of': 'changes', 'sums of': 'sums', 'appeared in': 'appeared'}.get(kind, 'keyed'),
            'makes_rows': kind != 'joined',
            'always': kind == 'always keyed',
            'relation': relation,
            'columns': columns.split(', ') if columns else [],
            'node': assay.model_of(relation),
            'read_whole': read_whole,
            'only': only,
        }) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
