{#- Fails for every row that lacks a value in one of `columns`. One pass over a model,
    where a test for each column would compute a view as often as it has columns. -#}
{% test never_null(model, columns) %}

select *
from {{ model }}
where
    {{ columns | join(' is null or ') }} is null

{% endtest %}
