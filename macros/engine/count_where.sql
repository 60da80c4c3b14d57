{#- Over a change set: what came less what went. -#}
{% macro count_where(condition) -%}
    {{ sum_counts('case when ' ~ condition ~ ' then sign else 0 end') }}
{%- endmacro %}


{% macro add_up(measure) -%}
    {{ sum_counts('sign * coalesce(' ~ measure ~ ', 0)') }}
{%- endmacro %}
