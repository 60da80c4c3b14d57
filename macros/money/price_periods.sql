{#- From everything that was ever stated to what holds when: CTEs that end in `price_periods`, of which a
    workspace, name, service tier, moment and length of prompt meet at most one. -#}
{% macro price_periods(statements) -%}
{%- set name = ['provider', 'model', 'service_tier'] -%}
stated as (
    select * from (
        select *, row_number() over (
            partition by {{ name | join(', ') }}, scope, origin, valid_from, above_input_tokens
            order by batch_id desc, line_no desc
        ) as place
        from {{ statements }}
    ) as ranked
    where place = 1 and not is_withdrawn
),

-- A price and its tiers begin and end together; the next of its origin ends it.
versions as (
    select {{ name | join(', ') }}, scope, origin, valid_from, max(valid_to) as stated_to,
        min(case when is_marginal then above_input_tokens end) as marginal_above,
        lead(valid_from) over (partition by {{ name | join(', ') }}, scope, origin order by valid_from) as next_from
    from stated
    group by {{ name | join(', ') }}, scope, origin, valid_from
),

-- A workspace with a price of its own for a name has a full set of periods for that name.
scopes as (
    select provider, model, scope from stated
    union
    select provider, model, '*' as scope from stated
),

offered as (
    select {{ prefixed('versions', name) }}, scopes.scope, versions.scope as stated_scope, versions.origin,
        versions.valid_from, versions.marginal_above,
        case when stated_to < next_from or next_from is null then stated_to else next_from end as valid_to,
        case when versions.scope = '*' then 10 else 0 end
        + case origin when 'negotiated' then 1 when 'override' then 2 else 3 end as place
    from scopes
    inner join versions
        on scopes.provider = versions.provider and scopes.model = versions.model
        and versions.scope in (scopes.scope, '*')
),

borders as (
    select {{ name | join(', ') }}, scope, valid_from as begins_at from offered
    union
    select {{ name | join(', ') }}, scope, valid_to from offered where valid_to is not null
),

{{ price_winners(name) }}
{%- endmacro %}


{% macro price_winners(name) -%}
periods as (
    select *, lead(begins_at) over (partition by {{ name | join(', ') }}, scope order by begins_at) as ends_at
    from borders
),

held as (
    select {{ prefixed('periods', name) }}, periods.scope, begins_at, ends_at, stated_scope, origin, valid_from,
        marginal_above,
        row_number() over (
            partition by {{ prefixed('periods', name) }}, periods.scope, begins_at order by offered.place
        ) as place
    from periods
    inner join offered
        on {% for column in name + ['scope'] %}periods.{{ column }} = offered.{{ column }} and {% endfor %}
        offered.valid_from <= begins_at and (offered.valid_to is null or begins_at < offered.valid_to)
),

-- Of several marginal tiers only the first counts.
price_periods as (
    select stated.price_key, stated.batch_id, {{ prefixed('held', name) }}, held.scope, held.origin,
        held.begins_at as valid_from, held.ends_at as valid_to, stated.above_input_tokens,
        lead(stated.above_input_tokens) over (
            partition by {{ prefixed('held', name) }}, held.scope, held.begins_at
            order by stated.above_input_tokens
        ) as up_to_input_tokens,
        held.marginal_above as marginal_above_tokens
        {%- for meter in meters() %}, stated.{{ meter }}_price{% endfor %}
        {%- for meter in marginal_meters() %}, marginal.{{ meter }}_price as marginal_{{ meter }}_price{% endfor %}
    from held
    inner join stated on not stated.is_marginal and {{ is_stated_as('stated', name) }}
    left join stated as marginal
        on marginal.is_marginal and {{ is_stated_as('marginal', name) }}
        and marginal.above_input_tokens = held.marginal_above
    where held.place = 1
)
{%- endmacro %}


{% macro is_stated_as(price, name) -%}
    {% for column in name + ['origin', 'valid_from'] %}held.{{ column }} = {{ price }}.{{ column }} and {% endfor -%}
    held.stated_scope = {{ price }}.scope
{%- endmacro %}
