select
    workspace, date_trunc('week', ts)::date as week, count(*) as signals,
    count(*) filter (where value > 0) as positive, count(*) filter (where value < 0) as negative,
    count(*) filter (where value > 0)::float8 / nullif(count(*) filter (where value <> 0), 0) as positive_rate
from raw.feedback_log
where $one and ts >= $monday - 77 and ts < $monday + 7 and answered
group by workspace, date_trunc('week', ts)::date
