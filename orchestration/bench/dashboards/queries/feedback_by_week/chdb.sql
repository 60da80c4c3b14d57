select
    workspace, toMonday(ts) as week, count() as signals,
    countIf(value > 0) as positive, countIf(value < 0) as negative,
    countIf(value > 0) / nullIf(countIf(value <> 0), 0) as positive_rate
from feedback_log
where $one and ts >= $monday - 77 and ts < $monday + 7 and answered
group by workspace, week
