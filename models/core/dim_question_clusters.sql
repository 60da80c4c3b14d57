-- One row a topic or gap that was ever found, with the one that its questions count in today. A view.
with

clusters as (

    select * from {{ ref('stg_ops__question_clusters') }}

),

final as (

    select
        clusters.cluster_id,
        clusters.source_relation,
        clusters.kind,
        clusters.workspace,
        coalesce(clusters.merged_into, clusters.cluster_id) as current_id,
        current_clusters.label,
        current_clusters.label_source,
        clusters.first_asked_at
    from clusters
    inner join clusters as current_clusters
        on coalesce(clusters.merged_into, clusters.cluster_id) = current_clusters.cluster_id

)

select * from final
