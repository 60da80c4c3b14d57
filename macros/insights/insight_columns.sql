{#- How a rule hands in what it found, from a step with `workspace`, `subject`, `period_start`, `period_end`, `value`,
    `title` and `description`. Evidence are the rows of a mart with the same values in the named columns and, where
    there is a column of time, from the period's first day on and before its end. -#}
{% macro insight_columns(mart, keys=['workspace'], time=none, impact='null', severity="'medium'", is_complete='true', recommendation='null') -%}
    workspace,
    subject,
    period_start,
    period_end,
    {{ is_complete }} as is_complete,
    {{ to_double('value') }} as value,
    cast(round(cast({{ impact }} as decimal(38, 9)), 2) as decimal(38, 2)) as impact_usd,
    {{ severity }} as severity,
    title,
    description,
    cast({{ recommendation }} as {{ dbt.type_string() }}) as recommendation,
    '{{ mart }}' as evidence_mart,
    cast({{ "'" ~ time ~ "'" if time else 'null' }} as {{ dbt.type_string() }}) as evidence_time,
    {{ json_object(keys) }} as evidence_keys
{%- endmacro %}


{#- Columns as a JSON object. -#}
{% macro json_object(columns) -%}
    {{ adapter.dispatch('json_object', 'assay')(columns) }}
{%- endmacro %}

{% macro default__json_object(columns) -%}
    jsonb_build_object({% for column in columns %}'{{ column }}', {{ column }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{% macro spark__json_object(columns) -%}
    to_json(named_struct({% for column in columns %}'{{ column }}', {{ column }}{{ ', ' if not loop.last }}{% endfor %}))
{%- endmacro %}


{#- Dollars of some days, at the pace of a month. -#}
{% macro a_month(amount, days) -%}
    (cast({{ amount }} as decimal(38, 9)) * 365 / (12 * {{ days }}))
{%- endmacro %}


{#- From a value and the threshold that it passed: far beyond is high. -#}
{% macro severity_of(value, threshold) -%}
    case when {{ value }} >= 2 * {{ threshold }} then 'high' else 'medium' end
{%- endmacro %}


{#- The rules that are built: each is a model of this name. -#}
{% macro insight_rules() -%}
    {{ return([
        'simple_work_on_large_models', 'response_cache_rarely_hits', 'savings_unknown', 'budget_burns', 'spending_stands_out',
        'price_missing', 'invoice_differs', 'latency_target_missed', 'success_target_missed', 'became_worse',
        'searches_find_nothing', 'content_gap_open', 'blocks_jump', 'blocks_overturned', 'questions_fail_alike',
        'few_answer_when_asked', 'rating_target_missed',
    ]) }}
{%- endmacro %}
