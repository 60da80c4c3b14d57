select
    workspace, data_source, count(*) as retrievals,
    count(*) filter (where status <> 'error' and result_count > 0)::float8
    / count(*) filter (where status <> 'error') as hit_rate
from raw.retrieval_log
where $one and ts >= $day - 29 and ts < $day + 1
group by workspace, data_source
