-- Twelve weeks.
select
    workspace, week, sum(signals) as signals, sum(positive) as positive, sum(negative) as negative,
    sum(positive)::float8 / nullif(sum(positive + negative), 0) as positive_rate
from marts.feedback_analysis
where $one and week > $monday - 84 and week <= $monday
group by workspace, week
