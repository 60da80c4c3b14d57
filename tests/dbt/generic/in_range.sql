{#- Fails for every row with a value outside `lowest` .. `highest` in one of `columns`, ends included; either
    may be left out. NaN is outside: Postgres sorts it above every number, so without an upper end it is
    compared by name. -#}
{% test in_range(model, columns, lowest='null', highest='null') %}

select *
from {{ model }}
where
    false
    {% for column in columns %}
        or cast({{ column }} as {{ dbt.type_string() }}) = 'NaN'
        or {{ column }} < {{ lowest }}
        or {{ column }} > {{ highest }}
    {% endfor %}

{% endtest %}
