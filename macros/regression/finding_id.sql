{#- The same finding has the same id in every refresh. What comes from a producer goes in last and hashed, so
    that no name can be mistaken for two. -#}
{% macro finding_id() -%}
    md5(
        metric || '|' || cast(week as {{ dbt.type_string() }}) || '|' || segment_kind || '|'
        || cast({{ reference('workspace', 'segment') }} as {{ dbt.type_string() }})
    )
{%- endmacro %}
