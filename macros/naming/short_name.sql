{#- A name that marts group by. Producers may send thousands of characters, an index takes 2,700 bytes: what is
    longer than 200 characters ends in a hash of the whole, so that two names stay two. -#}
{% macro short_name(name) -%}
    case
        when length({{ name }}) > 200 then left({{ name }}, 180) || ' ~' || left(md5({{ name }}), 16)
        else {{ name }}
    end
{%- endmacro %}
