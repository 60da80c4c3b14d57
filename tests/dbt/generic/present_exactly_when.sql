{#- Fails for every row that has a value although `condition` does not hold, or none although it does:
    a number without its reason, or a reason without its number. -#}
{% test present_exactly_when(model, column_name, condition) %}

select *
from {{ model }}
where ({{ column_name }} is not null) is distinct from coalesce({{ condition }}, false)

{% endtest %}
