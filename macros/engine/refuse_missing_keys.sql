{#- An input that makes rows `always` is read by that promise, so a build looks whether it holds. -#}
{% macro refuse_missing_keys(relation, spans, key) -%}
    {%- for span in spans if span.always -%}
        {%- call statement('missing_keys', fetch_result=true) -%}
            select exists (
                select from {{ span.relation }} as given
                where
                    not exists (
                        select from {{ relation }} as made
                        where
                            {%- for column in key %}
                            {{ 'and ' if not loop.first }}made.{{ column }} = given.{{ span.columns[loop.index0] }}
                            {%- endfor %}
                    )
                    {%- for column in span.columns %}
                    and given.{{ column }} is not null
                    {%- endfor %}
            )
        {%- endcall -%}
        {%- if load_result('missing_keys').table[0][0] -%}
            {{ exceptions.raise_compiler_error(
                span.relation ~ ' does not always make rows: some of its keys have none in the model.'
            ) }}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
