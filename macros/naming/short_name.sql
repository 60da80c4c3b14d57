{#- A name that marts group by. Producers may send thousands of characters, an index takes 2,700 bytes: what is
    longer than 200 characters ends in a hash of the whole, so that two names stay two. Of many names in one key each
    has less room. -#}
{% macro short_name(name, longest=200) -%}
    case
        when octet_length({{ name }}) > {{ longest }} and length({{ name }}) > {{ longest }}
            then left({{ name }}, {{ longest - 20 }}) || ' ~' || left(md5({{ name }}), 16)
        else {{ name }}
    end
{%- endmacro %}
