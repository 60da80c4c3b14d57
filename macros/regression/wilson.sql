{#- Ends of the 95 % interval of a share (Wilson's score), which stays inside 0 to 1 and holds for few rows
    and for shares near the ends. -#}
{% macro wilson_low(hits, sample) -%}
    ({{ wilson_middle(hits, sample) }} - {{ wilson_reach(hits, sample) }})
{%- endmacro %}


{% macro wilson_high(hits, sample) -%}
    ({{ wilson_middle(hits, sample) }} + {{ wilson_reach(hits, sample) }})
{%- endmacro %}


{#- 1.96^2 = 3.8416 -#}
{% macro wilson_middle(hits, sample) -%}
    (({{ to_double(hits) }} + 1.9208) / nullif({{ sample }} + 3.8416, 3.8416))
{%- endmacro %}


{% macro wilson_reach(hits, sample) -%}
    (
        1.96 * sqrt({{ to_double(hits) }} * ({{ sample }} - {{ hits }}) / nullif({{ sample }}, 0) + 0.9604)
        / nullif({{ sample }} + 3.8416, 3.8416)
    )
{%- endmacro %}
