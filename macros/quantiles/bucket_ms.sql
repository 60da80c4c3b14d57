{#- The value from which both ends of the bucket are 1 % away: 2 * gamma^b / (gamma + 1). -#}
{% macro bucket_ms(bucket) -%}
    case
        when {{ bucket }} > -100000
            then 0.99 * exp({{ bucket }} / {{ to_double(49.9983333) }})
        when {{ bucket }} is not null then {{ to_double(0) }}
    end
{%- endmacro %}
