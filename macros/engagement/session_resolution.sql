{#- How a session ended, by the strongest sign there is: what was reported, else what the person said of it, else
    whether its last query was answered. A failure that nobody took over is an abandoned session. -#}
{% macro session_resolution(outcome, opinion, last_status) -%}
    case
        when {{ outcome }} = 'success' then 'resolved'
        when {{ outcome }} = 'escalated' then 'escalated'
        when {{ outcome }} is not null then 'abandoned'
        when {{ opinion }} = 1 then 'resolved'
        when {{ opinion }} = -1 then 'abandoned'
        when {{ last_status }} in ('error', 'cancelled') then 'abandoned'
        else 'unknown'
    end
{%- endmacro %}


{% macro session_resolution_signal(outcome, opinion, last_status) -%}
    case
        when {{ outcome }} is not null then 'outcome'
        when {{ opinion }} in (1, -1) then 'feedback'
        when {{ last_status }} in ('error', 'cancelled') then 'last_answer'
        else 'none'
    end
{%- endmacro %}
