-- One row a local day, workspace, data source and index version that was searched. By index version, because
-- scores of two indexes do not compare.
with

retrievals as (

    select * from {{ ref('agg_retrieval_daily') }}

),

latency as (

    select * from {{ ref('int_retrieval_latency_daily') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

measured as (

    select
        retrievals.*,
        retrievals.entries - retrievals.errors as finished,
        retrievals.day < horizon.today as is_complete,
        coalesce(cell.measured_retrievals, 0) as measured_retrievals,
        cell.latency_p50_ms,
        cell.latency_p95_ms
    from retrievals
    {{ latency_of_cell(
        'retrievals',
        ['workspace', 'day', 'data_source', 'index_version'],
        ['measured_retrievals', 'latency_p50_ms', 'latency_p95_ms']
    ) }}
    cross join horizon

),

final as (

    select
        day,
        workspace,
        data_source,
        index_version,
        is_complete,
        entries as retrievals,
        errors,
        zero_results,
        {{ ratio('zero_results', 'finished') }} as zero_result_rate,
        {{ not_judged_because('finished') }} as zero_result_rate_not_judged_because,
        results,
        documents,
        scored_retrievals,
        {{ average_of_millionths('top_score_millionths', 'scored_retrievals') }} as avg_top_score,
        {{ not_judged_because('scored_retrievals') }} as top_score_not_judged_because,
        reranked_retrievals,
        {{ average_of_millionths('top_rerank_score_millionths', 'reranked_retrievals') }}
            as avg_top_rerank_score,
        context_known as documents_with_known_context,
        in_context as documents_in_context,
        {{ ratio('in_context', 'context_known') }} as in_context_rate,
        citation_known as documents_with_known_citation,
        cited as documents_cited,
        {{ ratio('cited', 'citation_known') }} as citation_rate,
        measured_retrievals,
        latency_p50_ms,
        latency_p95_ms,
        {{ not_judged_because('measured_retrievals') }} as latency_not_judged_because
    from measured

)

select * from final
