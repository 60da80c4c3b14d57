{#- A CTE `topics`: what was ever found to be one, with the topic in which it counts today. -#}
{% macro current_topics() -%}
topics as (

    select
        cluster_id,
        current_id
    from {{ ref('dim_question_clusters') }}
    where kind = 'topic'

)
{%- endmacro %}
