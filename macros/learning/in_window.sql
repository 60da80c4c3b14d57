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
