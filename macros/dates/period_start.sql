{#- The period of a budget that a day falls into, by a column that says day, week, month or quarter. -#}
{% macro period_start(day, period) -%}
    cast(date_trunc({{ period }}, {{ day }}) as date)
{%- endmacro %}


{#- The day after its last. -#}
{% macro period_end(day, period) -%}
    case {{ period }}
        when 'day' then {{ days_after(day, 1) }}
        {%- for name, length in [('week', '7 days'), ('month', '1 month'), ('quarter', '3 months')] %}
        when '{{ name }}' then cast(date_trunc('{{ name }}', {{ day }}) + interval '{{ length }}' as date)
        {%- endfor %}
    end
{%- endmacro %}
