-- Of the week of the day.
select workspace, subject_ref, queries
from marts.user_activity
where $one and week = $monday
order by queries desc, subject_ref
limit 10
