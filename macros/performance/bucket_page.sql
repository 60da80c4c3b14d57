{#- Sixteen neighbouring buckets stand on one row of a histogram: a sixteenth of the rows to write and to merge. -#}
{% macro buckets_a_page() -%}
    {{ return(16) }}
{%- endmacro %}


{% macro bucket_page(bucket) -%}
    cast(floor({{ bucket }} / {{ to_double(buckets_a_page()) }}) as integer)
{%- endmacro %}


{#- A bucket's place on its page, from 0. -#}
{% macro bucket_slot(bucket) -%}
    cast({{ bucket }} - {{ buckets_a_page() }} * floor({{ bucket }} / {{ to_double(buckets_a_page()) }}) as integer)
{%- endmacro %}
