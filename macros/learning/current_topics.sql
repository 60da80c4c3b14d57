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


{#- Counts of scored answers by day, assistant, prompt version and topic, added up in `topics`. -#}
{% macro in_current_topics(relation, counts) -%}
    {%- set topic = 'coalesce(topics.current_id, scored.topic)' -%}
    select
        scored.workspace, scored.day, scored.assistant, scored.prompt_version, {{ topic }} as topic
        {%- for count in counts %},
        {{ sum_counts('scored.' ~ count) }} as {{ count }}
        {%- endfor %}
    from {{ relation }} as scored
    left join topics on scored.topic = topics.cluster_id
    group by scored.workspace, scored.day, scored.assistant, scored.prompt_version, {{ topic }}
{%- endmacro %}
