-- A refresh a second is 31 million rows a year. What each did to each model is nearly all of their bytes, and of
-- use for weeks; when it was, and which batches it took in, says for the year how late the marts knew of them.
create or replace function ops.prune_history(older_than interval) returns bigint language sql as $$
    with attempts as (
        delete from ops.job_run
        where queued_at < now() - older_than and status not in ('queued', 'running') returning 1
    ),
    refreshes as (
        delete from ops.refresh_log where ended_at < now() - older_than returning 1
    ),
    details as (
        update ops.refresh_log set models = '[]'
        where ended_at < now() - interval '35 days' and ended_at >= now() - older_than and models <> '[]'
    ),
    findings as (
        delete from ops.check_result where checked_at < now() - older_than returning 1
    )
    select (select count(*) from attempts) + (select count(*) from refreshes) + (select count(*) from findings);
$$;
comment on column ops.refresh_log.models is
    'For each model with changes: rows per step, and milliseconds. Empty 35 to 66 days later.';
