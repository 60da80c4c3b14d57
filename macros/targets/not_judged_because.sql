{% macro not_judged_because(sample, unsaid=none) -%}
    case
        when {{ sample }} = 0 then {{ "coalesce(" ~ unsaid ~ ", 'nothing_to_judge')" if unsaid else "'nothing_to_judge'" }}
        when {{ sample }} < {{ var('minimum_queries_to_judge') }} then 'too_few'
    end
{%- endmacro %}


{#- Of a row of `int_metrics_said`. -#}
{% macro not_said_by() -%}
    'not_said_by: ' || not_said_by
{%- endmacro %}


{% macro unsaid(metric_family) -%}
    max(case when metric_family = '{{ metric_family }}' then {{ not_said_by() }} end)
{%- endmacro %}
