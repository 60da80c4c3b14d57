{#- A moment so many minutes after another; both are instants, so summer time does not matter. -#}
{% macro minutes_after(moment, minutes) -%}
    ({{ moment }} + {{ minutes }} * interval '1' minute)
{%- endmacro %}
