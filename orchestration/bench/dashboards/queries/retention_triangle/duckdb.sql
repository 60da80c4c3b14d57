with active as (
    select distinct workspace, subject_ref, date_trunc('week', ts)::date as week
    from query_log
    where $one and ts < $monday + 7
),
joined as (
    select workspace, week, min(week) over (partition by workspace, subject_ref) as cohort_week
    from active
),
counted as (
    select workspace, cohort_week, (week - cohort_week) // 7 as weeks_since, count(*) as retained
    from joined
    group by workspace, cohort_week, week
)
select
    workspace, cohort_week, weeks_since,
    max(retained) over (partition by workspace, cohort_week) as users,
    retained
from counted
where cohort_week > $monday - 84
