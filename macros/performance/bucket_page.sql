{#- Eight neighbouring buckets stand on one row of a histogram: an eighth of the rows to write and to merge. -#}
{% macro bucket_page(bucket) -%}
    cast(floor({{ bucket }} / {{ to_double(8) }}) as integer)
{%- endmacro %}
