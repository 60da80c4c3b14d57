-- One row a query that went wrong and an earlier one, much like it, that went well.
with

source_rows as (

    select * from {{ source('ops', 'similar_query') }}

),

renamed as (

    select
        query_key,
        place,
        {{ source_relation('ops', 'similar_query') }} as source_relation,
        query_ref,
        similar_key,
        similar_ref,
        similarity
    from source_rows

)

select * from renamed
