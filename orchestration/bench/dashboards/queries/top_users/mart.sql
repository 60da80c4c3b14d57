-- Of the week of the day.
select workspace, subject_ref, sum(queries) as queries
from state.agg_user_days
where $one and day >= $monday and day < $monday + 7
group by workspace, subject_ref
order by queries desc, subject_ref
limit 10
