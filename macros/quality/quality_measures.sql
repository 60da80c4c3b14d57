{#- What every sum over scored queries counts. Scores add up in millionths, each beside how many there are. -#}
{% macro quality_measures() -%}
    {{ sum_counts('sign') }} as entries,
    {{ count_where('refusal is not null') }} as answers,
    {{ count_where('refusal = 1') }} as refusals,
    {{ count_where('quality is not null') }} as judged_answers,
    {{ add_up(to_millionths('quality')) }} as quality_millionths,
    {{ add_up(to_millionths('quality * quality')) }} as quality_square_millionths,
    {{ count_where('quality < ' ~ var('low_quality_below')) }} as low_quality_answers,
    {{ count_where('grounding is not null') }} as grounding_answers,
    {{ add_up(to_millionths('grounding')) }} as grounding_millionths,
    {{ count_where('relevance is not null') }} as relevance_answers,
    {{ add_up(to_millionths('relevance')) }} as relevance_millionths,
    {{ count_where('completeness is not null') }} as completeness_answers,
    {{ add_up(to_millionths('completeness')) }} as completeness_millionths,
    {{ count_where('judged_quality is not null') }} as model_judged_answers,
    {{ add_up(to_millionths('judged_quality')) }} as model_quality_millionths
{%- endmacro %}
