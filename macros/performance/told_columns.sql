{#- What the outermost line of a query may leave to the lines within it: those that every report groups by, or
    the rest. -#}
{% macro told_columns(rest=false) -%}
    {{ return(
        ['environment', 'release', 'region', 'project', 'task_id', 'session_id', 'assistant', 'assistant_version',
         'prompt_name', 'prompt_version', 'experiment', 'variant', 'query_type', 'model_requested']
        if rest else ['subject_ref', 'session_ref', 'surface', 'feature', 'provider', 'model']
    ) }}
{%- endmacro %}


{#- Each of them as the earliest line says it, of those that do: the window `told` goes from the outermost on. -#}
{% macro first_told() -%}
    {% for column in told_columns() + told_columns(rest=true) -%}
    {{ first_said('queries.' ~ column) }} as {{ column }}
    {{- ',\n        ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro first_said(column) -%}
    {{ adapter.dispatch('first_said', 'assay')(column) }}
{%- endmacro %}

{% macro default__first_said(column) -%}
    (array_agg({{ column }}) filter (where {{ column }} is not null) over told)[1]
{%- endmacro %}

{% macro spark__first_said(column) -%}
    first_value({{ column }}, true) over told
{%- endmacro %}


{#- The columns as they stand in a fact: told by all lines where there are several, else by the one. -#}
{% macro told(columns) -%}
    {% for column in columns -%}
    coalesce(parts.{{ column }}, queries.{{ column }}) as {{ column }}
    {{- ',\n        ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
