{#- 1 is positive, -1 negative, 0 neither; null says nothing about what the person thought. Implicit
    signals are guesses and stay apart from what people said. -#}
{% macro sentiment(feedback_type, feedback_value) -%}
    case
        when {{ feedback_type }} in ('flag', 'correction') then -1
        when {{ feedback_type }} = 'thumb' then cast(sign({{ feedback_value }}) as integer)
        when {{ feedback_type }} = 'stars' and {{ feedback_value }} >= 4 then 1
        when {{ feedback_type }} = 'stars' and {{ feedback_value }} <= 2 then -1
        when {{ feedback_type }} = 'stars' and {{ feedback_value }} is not null then 0
    end
{%- endmacro %}
