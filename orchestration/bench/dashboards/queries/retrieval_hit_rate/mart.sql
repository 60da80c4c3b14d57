-- 30 days by data source: how often something was found.
select
    workspace, data_source, sum(retrievals) as retrievals,
    1 - sum(zero_results)::float8 / sum(retrievals - errors) as hit_rate
from marts.retrieval_quality
where $one and day > $day - 30 and day <= $day
group by workspace, data_source
