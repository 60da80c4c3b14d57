{#- What a call cost: each meter rounded once, then added. Null where a meter that ran has no price, since that
    makes the sum null, and where nothing that ran was logged. `price` is the row that holds for the request. -#}
{% macro call_nanos(call, price) -%}
    case
        when {{ price }}.price_key is null or {{ is_unmetered(call, price) }} then null
        else cast(
            {%- for meter in token_meters() %}
            {{ meter_nanos(meter, call, price) }} +
            {%- endfor %}
            {{ request_nanos(call, price) }} as bigint
        )
    end
{%- endmacro %}


{% macro meter_nanos(meter, call, price) -%}
    {%- set tokens = call ~ '.' ~ meter ~ '_tokens' -%}
    {%- set each = price ~ '.' ~ meter ~ '_price' -%}
    case when {{ tokens }} > 0 then round(0.000001 * ({{ tokens }} * cast({{ each }} as decimal(38, 0))
    {%- if meter in marginal_meters() %}
        + case when {{ price }}.marginal_above_tokens is null then 0 else
            {{ tokens_beyond(meter, call, price ~ '.marginal_above_tokens') }}
            * cast(coalesce({{ price }}.marginal_{{ meter }}_price, {{ each }}) - {{ each }} as decimal(38, 0))
        end
    {%- endif %})) else 0 end
{%- endmacro %}


{% macro tokens_beyond(meter, call, threshold) -%}
    {%- set meters = prompt_meters() -%}
    greatest(0, least({{ call }}.{{ meter }}_tokens,
        {%- for one in meters[:meters.index(meter) + 1] %} coalesce({{ call }}.{{ one }}_tokens, 0) +{% endfor %} 0 - {{ threshold }}))
{%- endmacro %}


{% macro request_nanos(call, price) -%}
    {{ call }}.requests * case
        when {{ call }}.call_type = 'tool' then coalesce({{ price }}.tool_call_price, {{ price }}.request_price, 0)
        else coalesce({{ price }}.request_price, 0)
    end
{%- endmacro %}


{% macro is_unmetered(call, price) -%}
    (coalesce({% for meter in token_meters() %}{{ call }}.{{ meter }}_tokens{{ ', ' if not loop.last }}{% endfor %}) is null
    and case when {{ call }}.call_type = 'tool' then coalesce({{ price }}.tool_call_price, {{ price }}.request_price)
        else {{ price }}.request_price end is null)
{%- endmacro %}


{#- What the same prompt would have cost more if no cache had served it; less than nothing where what was
    written was never read. Null where the call has no computed cost. -#}
{% macro cache_saved_nanos(call, price) -%}
    {%- set cached = ['cache_read', 'cache_write', 'cache_write_1h'] -%}
    case when coalesce({% for meter in cached %}nullif({{ call }}.{{ meter }}_tokens, 0){{ ', ' if not loop.last }}{% endfor %}) is null
        then 0
        else cast(round(0.000001 * (
            {%- for meter in cached %}
            coalesce({{ call }}.{{ meter }}_tokens * cast({{ price }}.input_price - {{ price }}.{{ meter }}_price as decimal(38, 0)), 0)
            {{- ' +' if not loop.last }}
            {%- endfor %}
        )) as bigint)
    end
{%- endmacro %}
