{#- A measure inside one of the spans of `gap_window_days` complete days that end yesterday, counted back
    from the newest (0); reads `horizon.today`. -#}
{% macro in_window(day, measure, back) -%}
    case
        when
            {{ day }} < {{ days_after('horizon.today', '-' ~ back ~ ' * ' ~ var('gap_window_days')) }}
            and {{ day }} >= {{ days_after('horizon.today', '-' ~ (back + 1) ~ ' * ' ~ var('gap_window_days')) }}
            then {{ measure }}
        else 0
    end
{%- endmacro %}


{#- Why the two spans cannot be compared, from `first_days`: logs that begin within the earlier one would make any topic grow. -#}
{% macro growth_not_judged_because(earlier) -%}
    case
        when
            first_days.first_day is null
            or first_days.first_day > {{ days_after('horizon.today', '-2 * ' ~ var('gap_window_days')) }}
            then 'logs_too_young'
        when {{ earlier }} = 0 then 'nothing_before'
    end
{%- endmacro %}
