select workspace, day, model, sum(cost_usd) as cost_usd
from marts.model_usage
where $one and day > $day - 30 and day <= $day
group by workspace, day, model
