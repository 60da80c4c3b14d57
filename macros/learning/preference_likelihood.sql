{#- Who wants a choice takes it with the strength, and otherwise any of them; who wants none always takes any. A
    message for a choice multiplies the odds of wanting it by exp of this. -#}
{% macro preference_gain(choices) -%}
    {%- set strength = var('preference_strength') -%}
    ln({{ to_double('1 + ' ~ strength ~ ' * ' ~ choices ~ ' / (1 - ' ~ strength ~ ')') }})
{%- endmacro %}


{#- What is left for the choices that were never taken, and for wanting none, on the same scale. Half of the people
    want none (var `preference_share`). -#}
{% macro unexplained_likelihood(choices) -%}
    {%- set strength = var('preference_strength') -%}
    {%- set share = var('preference_share') -%}
    (
        ({{ choices }} - seen_choices) * exp(-{{ to_double('top_weight') }} / 1000 * {{ preference_gain(choices) }})
        + (1 - {{ share }}) / {{ share }} * {{ choices }}
        * exp(
            -{{ to_double('top_weight') }} / 1000 * {{ preference_gain(choices) }}
            - {{ to_double('all_weight') }} / 1000 * ln({{ to_double('1 - ' ~ strength) }})
        )
    )
{%- endmacro %}
