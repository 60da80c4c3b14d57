{#- How an answer failed its user, by what happened first: an error, a refusal, else dislike; null where it did
    not. A block by a guardrail is no failure of the answer. -#}
{% macro failure_of(query) -%}
    case
        when {{ query }}.status = 'error' then 'error'
        when {{ query }}.status = 'ok' and {{ query }}.is_refused then 'refused'
        when {{ query }}.negative_feedback > {{ query }}.positive_feedback then 'disliked'
    end
{%- endmacro %}
