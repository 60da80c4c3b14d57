{#- Fails for every row with a problem, by its key, and says what should hold. -#}
{% test names_the_row(model, key, problem, says) %}

select
    {{ key }} as row_with_the_problem,
    '{{ says }}' as what_should_hold
from {{ model }}
where {{ problem }}

{% endtest %}
