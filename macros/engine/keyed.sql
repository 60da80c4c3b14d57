{#- Between the marks stands the whole relation. A refresh reads only the rows of its keys: see `rewritten`.
    A relation makes rows `always` where each of its keys has a row in the model. One that is only left-joined
    makes none (`false`): a change of it matters only to keys that stand in the model already. With `only`, a
    change of its other columns matters to nobody: the model cannot read them. -#}
{% macro keyed(relation, columns, makes_rows=true, only=none) -%}
    /*{{ {'always': 'always keyed', true: 'keyed', false: 'joined'}[makes_rows] }} {{ relation }} by {{ columns if columns is string else columns | join(', ') -}}
    {{- ' of ' ~ only | join(', ') if only }}*/{{ '(select ' ~ only | join(', ') ~ ' from ' if only }}{{ relation }}{{ ')' if only }}/*end*/
{%- endmacro %}
