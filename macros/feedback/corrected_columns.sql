{#- What a reader sees of the correction, from `corrected` beside sums of opinions: the share of content queries
    with its interval, how far it goes where the assumption does, and why it is not there. -#}
{% macro corrected_columns() -%}
    {%- set reach = '1.96 * sqrt(corrected.variance)' -%}
    {%- set doubt = 'ln(' ~ var('response_ratio_doubt') ~ ')' -%}
    {{ ratio('sums.positive', 'sums.positive + sums.negative') }} as naive_rate,
    {{ share_of_odds('corrected.log_odds') }} as corrected_rate,
    {{ share_of_odds('corrected.log_odds - ' ~ reach) }} as corrected_rate_low,
    {{ share_of_odds('corrected.log_odds + ' ~ reach) }} as corrected_rate_high,
    {{ share_of_odds('corrected.log_odds - ' ~ reach ~ ' - ' ~ doubt) }} as doubted_rate_low,
    {{ share_of_odds('corrected.log_odds + ' ~ reach ~ ' + ' ~ doubt) }} as doubted_rate_high,
    greatest(
        {{ share_of_odds('corrected.log_odds') }}
        - {{ var('silent_worse_by') }} * {{ ratio('sums.queries - sums.positive - sums.negative', 'sums.queries') }},
        0
    ) as rate_if_silent_worse,
    case
        when sums.positive + sums.negative = 0 then 'nothing_to_judge'
        when corrected.log_odds is null then 'nothing_identifies_it'
    end as corrected_not_judged_because
{%- endmacro %}


{#- The same columns, null where they are not judged. -#}
{% macro judged_columns() -%}
    {%- for name in [
        'corrected_rate', 'corrected_rate_low', 'corrected_rate_high', 'doubted_rate_low', 'doubted_rate_high',
        'rate_if_silent_worse',
    ] %}
    case when corrected_not_judged_because is null then {{ name }} end as {{ name }},
    {%- endfor %}
    corrected_not_judged_because
{%- endmacro %}
