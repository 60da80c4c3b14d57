{#- What is known of an answer before anybody rates it, in a dozen bands: how it ended, else how sure the
    assistant was, in tenths. -#}
{% macro known_band(status, is_refused, confidence) -%}
    case
        when {{ status }} <> 'ok' then {{ status }}
        when {{ is_refused }} then 'refused'
        when {{ confidence }} is null then 'confidence unknown'
        else 'confidence 0.' || cast(least(cast(floor({{ confidence }} * 10) as integer), 9) as {{ dbt.type_string() }})
    end
{%- endmacro %}
