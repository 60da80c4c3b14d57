{#- The parameters of `roi` that have a name of their own; values of outcomes are called outcome_usd:<tag>. -#}
{% macro roi_parameters() -%}
    {{ return([
        'analyst_usd_per_hour', 'hours_saved_per_success', 'licence_usd_per_year', 'implementation_usd_per_year',
        'model_cost_share', 'breach_cost_usd', 'breach_probability', 'breach_probability_days',
        'breach_risk_reduction', 'breach_risk_reduction_printed', 'cost_avoidance_given_usd',
    ]) }}
{%- endmacro %}


{#- What breaches are expected to cost a day without the assistant; nothing where it is not stated, or before its
    use. -#}
{% macro breach_a_day() -%}
    case
        when days.is_in_use
            then coalesce(rates.breach_cost_usd * rates.breach_probability / rates.breach_probability_days, 0)
        else 0
    end
{%- endmacro %}


{#- Each as a column, from rows of `name` and `value`. -#}
{% macro roi_parameter_columns() -%}
    {% for name in roi_parameters() %}
    max(case when name = '{{ name }}' then value end) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{#- Dollars and cents, half away from zero. -#}
{% macro cents(amount) -%}
    cast(round({{ amount }}, 2) as decimal(38, 2))
{%- endmacro %}


{#- Twelve decimals are kept until a period is rounded. -#}
{% macro unrounded(amount) -%}
    cast({{ amount }} as decimal(38, 12))
{%- endmacro %}
