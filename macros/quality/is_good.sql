{#- Whether a score in twentieths is that of an answer which is not of low quality. -#}
{% macro is_good(step) -%}
    {%- set border = var('low_quality_below') | float * 20 -%}
    {%- if (border - border | round) | abs > 0.000001 -%}
        {{ exceptions.raise_compiler_error(
            'low_quality_below goes by twentieths: 0.5 or 0.55, not ' ~ var('low_quality_below') ~ '.'
        ) }}
    {%- endif -%}
    ({{ step }} >= {{ border | round | int }})
{%- endmacro %}
