-- People who asked within 1, 7 and 28 days, on each of 90 days.
select workspace, day, daily_users, weekly_users, monthly_users
from marts.user_engagement
where $one and day > $day - 90 and day <= $day and monthly_users > 0
