{#- In a select list: the chosen value of the setting on the row of `preference_settings`, where it looks like a
    name. What a person typed ends here: no blanks in a row, no punctuation, at most 40 characters. -#}
{% macro chosen_name(attributes, attribute) -%}
    {{ adapter.dispatch('chosen_name', 'assay')(attributes, attribute) }}
{%- endmacro %}

{% macro default__chosen_name(attributes, attribute) -%}
    case
        when jsonb_typeof({{ attributes }} -> {{ attribute }}) = 'string'
            and {{ attributes }} ->> {{ attribute }} ~ '^[A-Za-z0-9][A-Za-z0-9_.:+/-]{0,39}$'
            then {{ attributes }} ->> {{ attribute }}
    end
{%- endmacro %}

{% macro spark__chosen_name(attributes, attribute) -%}
    nullif(regexp_extract(
        get_json_object({{ attributes }}, concat('$.', {{ attribute }})), '^[A-Za-z0-9][A-Za-z0-9_.:+/-]{0,39}$', 0
    ), '')
{%- endmacro %}
