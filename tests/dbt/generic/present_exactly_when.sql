{#- Fails for every row where one of `columns` has a value although `condition` does not hold, or none
    although it does: a number without its reason, or a reason without its number. -#}
{% test present_exactly_when(model, columns, condition) %}

select *
from {{ model }}
where
    false
    {% for column in columns %}
        or ({{ column }} is not null) is distinct from coalesce({{ condition }}, false)
    {% endfor %}

{% endtest %}
