{#- 49.9983333 is 1 / ln(1.01 / 0.99), written out so that every engine and release uses the same. Zero has
    no logarithm and gets a bucket of its own, below all others. -#}
{% macro latency_bucket(milliseconds) -%}
    case
        when {{ milliseconds }} > 0
            then cast(ceil(ln({{ to_double(milliseconds) }}) * 49.9983333) as integer)
        when {{ milliseconds }} is not null then -100000
    end
{%- endmacro %}
