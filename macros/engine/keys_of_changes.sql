{#- The keys that the changes of any input touch, each once. -#}
{% macro keys_of_changes(relation, spans, key) -%}
select distinct * from (
    {%- for text in spans | map(attribute='text') | unique %}
    {%- set span = spans | selectattr('text', 'equalto', text) | first %}
    {{ 'union all' if not loop.first }}
    {%- if span.makes_rows %}
    select {{ span.columns | join(', ') }} from {{ assay.change_set(span.node) }} as change
    {%- if span.only %}
    group by {{ span.only }} having sum(sign) <> 0
    {%- endif %}
    {%- else %}
    select {{ key | join(', ') }} from {{ assay.rows_of_keys(relation, key, assay.as_keys(span)) }} as standing
    {%- endif %}
    {%- endfor %}
) as touched ({% for _ in key %}k{{ loop.index }}{{ ', ' if not loop.last }}{% endfor %})
where {% for _ in key %}k{{ loop.index }} is not null{{ ' and ' if not loop.last }}{% endfor %}
    {%- if key | length == 1 %}
order by k1
    {%- endif %}
{%- endmacro %}


{#- The keys that an input's changes name, before they are anybody's. -#}
{% macro as_keys(span) -%}
    (
        select {% for column in span.columns %}{{ column }} as k{{ loop.index }}{{ ', ' if not loop.last }}{% endfor %}
        from {{ assay.change_set(span.node) }} as change
    )
{%- endmacro %}
