-- One row a workspace and data source of which too many searches of the last seven days found nothing.
with

retrieval_quality as (

    select * from {{ ref('retrieval_quality') }}

),

windows as (

    select * from {{ ref('int_insight_windows') }}

),

rules as (

    select * from {{ ref('insight_rules') }}
    where rule = 'searches_find_nothing'

),

counted as (

    select
        retrieval_quality.workspace,
        retrieval_quality.data_source,
        windows.days_7_start as period_start,
        windows.period_end,
        sum(retrieval_quality.retrievals - retrieval_quality.errors) as finished,
        sum(retrieval_quality.zero_results) as zero_results
    from retrieval_quality
    cross join windows
    where retrieval_quality.day between windows.days_7_start and windows.last_day
    group by
        retrieval_quality.workspace, retrieval_quality.data_source, windows.days_7_start, windows.period_end

),

found as (

    select
        counted.workspace,
        counted.data_source,
        counted.data_source as subject,
        counted.period_start,
        counted.period_end,
        rules.threshold,
        {{ ratio('counted.zero_results', 'counted.finished') }} as value,
        {{ said_share(ratio('counted.zero_results', 'counted.finished')) }}
        || ' of the searches find nothing' as title,
        {{ said_number('counted.zero_results') }} || ' of ' || {{ said_number('counted.finished') }}
        || ' searches of a data source in seven days had no result.' as description
    from counted
    cross join rules
    where
        counted.finished >= {{ var('minimum_queries_to_judge') }}
        and counted.zero_results > rules.threshold * counted.finished

),

final as (

    select
        {{ insight_columns(
            'retrieval_quality', ['workspace', 'data_source'], 'day', severity=severity_of('value', 'threshold')
        ) }}
    from found

)

select * from final
