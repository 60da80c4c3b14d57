with active as (
    select workspace, subject_ref, groupUniqArray(toMonday(ts)) as weeks
    from query_log
    where $one and ts < $monday + 7
    group by workspace, subject_ref
),
counted as (
    select workspace, arrayMin(weeks) as cohort_week, arrayJoin(weeks) as week, count() as retained
    from active
    group by workspace, cohort_week, week
)
select
    workspace, cohort_week, intDiv(week - cohort_week, 7) as weeks_since,
    max(retained) over (partition by workspace, cohort_week) as users,
    retained
from counted
where cohort_week > $monday - 84
