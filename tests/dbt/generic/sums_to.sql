{#- Fails for every row whose `parts` do not add up to its `total`. A null part counts as nothing, and a
    null total is right only where every part is null. -#}
{% test sums_to(model, total, parts) %}

select *
from {{ model }}
where
    {{ total }} is distinct from (
        case
            when coalesce({{ parts | join(', ') }}) is not null
                then coalesce({{ parts | join(', 0) + coalesce(') }}, 0)
        end
    )

{% endtest %}
