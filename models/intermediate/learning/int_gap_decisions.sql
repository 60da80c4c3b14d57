-- One row a gap that somebody decided on: where it stands, and the article that was to close it.
with

decisions as (

    select * from {{ ref('fct_decisions') }}

),

clusters as (

    select * from {{ ref('dim_question_clusters') }}
    where kind = 'gap'

),

named as (

    -- Of an article it is the related object that names the gap.
    select
        *,
        case when object_type = 'gap' then object_id else related_id end as cluster_id,
        case when object_type = 'gap' then related_id else object_id end as document_id
    from decisions
    where object_type in ('gap', 'article')

),

of_gaps as (

    select
        clusters.workspace,
        clusters.current_id as gap_id,
        named.document_id,
        named.day,
        named.decision in ('publish', 'resolve') and named.document_id is not null as is_publication,
        case named.decision
            when 'open' then 'open'
            when 'acknowledge' then 'acknowledged'
            when 'draft' then 'drafted'
            when 'publish' then 'published'
            when 'resolve' then 'published'
            when 'dismiss' then 'dismissed'
            when 'false_alarm' then 'dismissed'
        end as status,
        row_number() over (
            partition by clusters.current_id order by named.occurred_at desc, named.decision_key desc
        ) as newest,
        row_number() over (
            partition by
                clusters.current_id,
                named.decision in ('publish', 'resolve') and named.document_id is not null
            order by named.occurred_at, named.decision_key
        ) as oldest_of_kind
    from named
    inner join clusters
        on named.workspace = clusters.workspace and named.cluster_id = clusters.cluster_id

),

final as (

    select
        workspace,
        gap_id,
        max(case when newest = 1 then coalesce(status, 'open') end) as status,
        max(case when newest = 1 then day end) as decided_day,
        max(case when is_publication and oldest_of_kind = 1 then day end) as published_day,
        max(case when is_publication and oldest_of_kind = 1 then document_id end) as article_id
    from of_gaps
    group by workspace, gap_id

)

select * from final
