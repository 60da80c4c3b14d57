{#- Fails for every combination of `columns` that stands on more than one row. Two nulls count as equal:
    a grain with a null in it repeats like any other. -#}
{% test unique_grain(model, columns) %}

select
    {{ columns | join(', ') }},
    count(*) as rows_of_one_grain
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1

{% endtest %}
