{#- Stands after `cross join lateral`: the whole numbers from 0 to the last, which may be a column of what it is
    joined to. -#}
{% macro each_number(last) -%}
    {{ adapter.dispatch('each_number', 'assay')(last) }}
{%- endmacro %}

{% macro default__each_number(last) -%}
    generate_series(0, {{ last }})
{%- endmacro %}

{% macro spark__each_number(last) -%}
    explode(sequence(0, {{ last }}))
{%- endmacro %}
