select workspace, day, latency_p50_ms, latency_p95_ms, latency_p99_ms
from marts.performance_overview
where $one and day > $day - 90 and day <= $day
