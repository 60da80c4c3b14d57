-- A cost belongs to the day and the model of its query, however late the call ended.
with asked as (
    select workspace, query_id, ts::date as day, model
    from raw.query_log
    where $one and ts >= $day - 29 and ts < $day + 1
),
spent as (
    select workspace, query_id, reported_cost
    from raw.cost_log
    where $one and ts >= $day - 29 and ts < $day + 2
)
select workspace, day, model, sum(reported_cost) as cost_usd
from asked inner join spent using (workspace, query_id)
group by workspace, day, model
