{#- For tests. The last digits of a double may say a little more than 1 % at the very edge of a bucket. -#}
{% macro is_off(estimate, exact) -%}
    (
        ({{ estimate }} is null) <> ({{ exact }} is null)
        or abs({{ estimate }} - {{ exact }}) > 0.0100001 * {{ exact }}
    )
{%- endmacro %}
