{#- Variance of a share that was seen in a sample, with one hit and one miss added, so that no sample of ten
    alike is taken for certain. -#}
{% macro share_variance(hits, sample) -%}
    (({{ to_double(hits) }} + 1) * ({{ sample }} - {{ hits }} + 1) / power({{ sample }} + 2, 3))
{%- endmacro %}
