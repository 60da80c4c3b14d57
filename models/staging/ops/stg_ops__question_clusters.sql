-- One row a topic or gap that was ever found, those that were merged into another too.
with

source_rows as (

    select * from {{ source('ops', 'question_cluster') }}

),

renamed as (

    select
        cluster_id,
        {{ source_relation('ops', 'question_cluster') }} as source_relation,
        kind,
        {{ short_name('workspace') }} as workspace,
        label,
        label_source,
        merged_into,
        first_asked_at
    from source_rows

)

select * from renamed
