-- Of the week of the day.
select workspace, subject_ref, count(*) as queries
from raw.query_log
where $one and ts >= $monday and ts < $monday + 7
group by workspace, subject_ref
order by queries desc, subject_ref
limit 10
