{#- The parts of a workspace that a regression is looked for in. -#}
{% macro segment_kinds() -%}
    select 'all' as segment_kind
    union all
    select 'model' as segment_kind
    union all
    select 'surface' as segment_kind
{%- endmacro %}


{% macro segment_of_query() -%}
    case segment_kind
        when 'all' then '(all)'
        when 'model' then {{ labelled('model') }}
        else {{ labelled('surface') }}
    end
{%- endmacro %}
