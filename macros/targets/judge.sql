{% macro judge(measure, comparison, target, not_judged_because) -%}
    case
        when {{ not_judged_because }} is not null then 'not_judged'
        when {{ measure }} {{ comparison }} {{ target }} then 'met'
        else 'missed'
    end
{%- endmacro %}
