{#- How queries ended, from sums over them (`query_measures`). A cancelled query counts in no rate: nobody
    knows how it would have ended. -#}
{% macro outcome_columns(sums) -%}
    coalesce({{ sums }}.queries, 0) as queries,
    coalesce({{ sums }}.successes, 0) as successes,
    coalesce({{ sums }}.errors, 0) as errors,
    coalesce({{ sums }}.cancelled, 0) as cancelled,
    coalesce({{ sums }}.blocked, 0) as blocked,
    {{ ratio(sums ~ '.successes', '(' ~ sums ~ '.queries - ' ~ sums ~ '.cancelled)') }} as success_rate,
    coalesce({{ sums }}.measured_queries, 0) as measured_queries
{%- endmacro %}
