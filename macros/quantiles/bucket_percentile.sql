{#- For a group of bucket rows that carry `n_up_to` (rows in this bucket and all below) and `n_in_all`. The
    same rank as percentile_disc: the bucket that holds the value which that would return. -#}
{% macro bucket_percentile(share, bucket='bucket') -%}
    {{ bucket_ms('min(' ~ bucket ~ ') filter (where n_up_to >= ceil(' ~ to_double(share) ~ ' * n_in_all))') }}
{%- endmacro %}
