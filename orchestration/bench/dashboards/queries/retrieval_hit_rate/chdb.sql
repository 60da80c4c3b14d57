select
    workspace, data_source, count() as retrievals,
    countIf(status <> 'error' and result_count > 0) / countIf(status <> 'error') as hit_rate
from retrieval_log
where $one and ts >= $day - 29 and ts < $day + 1
group by workspace, data_source
