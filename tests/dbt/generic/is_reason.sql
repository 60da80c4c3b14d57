{#- Fails for every row whose reason is none of `values`, nor names the sources that leave it out. -#}
{% test is_reason(model, column_name, values) %}

select *
from {{ model }}
where
    {{ column_name }} not like 'not_said_by: _%'
    {% for value in values %}
        and {{ column_name }} <> '{{ value }}'
    {% endfor %}

{% endtest %}
