{#- Fails for every value outside `lowest` .. `highest`, ends included; either may be left out. NaN is
    outside: Postgres sorts it above every number, so without an upper end it is compared by name. -#}
{% test in_range(model, column_name, lowest='null', highest='null') %}

select *
from {{ model }}
where
    cast({{ column_name }} as {{ dbt.type_string() }}) = 'NaN'
    or {{ column_name }} < {{ lowest }}
    or {{ column_name }} > {{ highest }}

{% endtest %}
