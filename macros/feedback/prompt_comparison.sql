{#- Queries and opinions of one side of a comparison, from `placed`. -#}
{% macro compared_sums(side, prefix='') -%}
    {%- for name in ['queries', 'positive', 'negative'] %}
    {{ sum_counts('case when is_compared and ' ~ side ~ ' then day_' ~ name ~ ' else 0 end') }}
        as {{ prefix }}compared_{{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{#- Half an opinion is added to each count, so that unanimity is no infinite odds. -#}
{% macro log_odds_ratio() -%}
    ln(
        {{ to_double('(compared_positive + 0.5) * (baseline_compared_negative + 0.5)') }}
        / ((compared_negative + 0.5) * (baseline_compared_positive + 0.5))
    )
{%- endmacro %}


{% macro log_odds_ratio_error() -%}
    sqrt(
        1 / (compared_positive + 0.5) + 1 / (compared_negative + 0.5)
        + 1 / (baseline_compared_positive + 0.5) + 1 / (baseline_compared_negative + 0.5)
    )
{%- endmacro %}


{#- Opinions that a side needs to tell the odds ratio that was seen, or the smallest that matters, from one: four times
    in five (0.84), at 5 % (1.96); 2 x (1.96 + 0.84)^2 = 15.68. -#}
{% macro opinions_needed(log_odds_ratio, positive_rate) -%}
    15.68 / (
        power(greatest(abs({{ log_odds_ratio }}), ln({{ var('smallest_prompt_effect') }})), 2)
        * {{ positive_rate }} * (1 - {{ positive_rate }})
    )
{%- endmacro %}
