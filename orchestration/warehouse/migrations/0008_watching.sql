-- What people watch: how long rows wait for the marts, and what the checks of Python's work found.

create index refresh_log_target_seq on ops.refresh_log (target, seq_to);

-- One row a batch and kind of log that it brought. Batches that a build took in have no refresh: when
-- they became visible is not known, and `status` says so.
create view ops.batch_lag as
    select
        batch.batch_id,
        kind.key as log,
        kind.value::bigint as accepted,
        batch.landed_at,
        refresh.ended_at as visible_at,
        (extract(epoch from refresh.ended_at - batch.landed_at) * 1000)::bigint as lag_ms,
        case
            when held.batch_id is not null then 'held'
            when pending.batch_id is not null then 'waiting'
            when refresh.refresh_id is not null then 'refreshed'
            else 'built'
        end as status
    from landing.batch
    cross join lateral jsonb_each_text(batch.accepted_by_kind) as kind
    left join ops.pending_batch as pending on batch.batch_id = pending.batch_id
    left join ops.held_batch as held on batch.batch_id = held.batch_id
    left join ops.admitted_batch as admitted on batch.batch_id = admitted.batch_id
    left join lateral (
        select refresh_log.refresh_id, refresh_log.seq_from, refresh_log.ended_at
        from ops.refresh_log
        where refresh_log.target = 'analytics' and refresh_log.seq_to >= admitted.seq
        order by refresh_log.seq_to
        limit 1
    ) as refresh on admitted.seq > refresh.seq_from
    where kind.value::bigint > 0;
comment on view ops.batch_lag is 'From the commit of a batch to the marts that know it, by kind of log.';

create table ops.check_result (
    check_result_id bigint generated always as identity primary key,
    suite text not null,
    expectation text not null,
    checked_at timestamptz not null default clock_timestamp(),
    since timestamptz not null,
    succeeded boolean not null,
    evaluated bigint,
    unexpected bigint,
    duration_ms bigint not null,
    job_run_id bigint
);
comment on table ops.check_result is 'What Great Expectations found. Counts only, never a value.';
comment on column ops.check_result.since is 'Rows that landed from here on were looked at.';
create index check_result_latest on ops.check_result (suite, expectation, checked_at desc);

-- Attempts, refreshes and findings older than that. What was done stays done: keys name periods long past.
create function ops.prune_history(older_than interval) returns bigint language sql as $$
    with attempts as (
        delete from ops.job_run where queued_at < now() - older_than and status <> 'running' returning 1
    ),
    refreshes as (
        delete from ops.refresh_log where ended_at < now() - older_than returning 1
    ),
    findings as (
        delete from ops.check_result where checked_at < now() - older_than returning 1
    )
    select (select count(*) from attempts) + (select count(*) from refreshes) + (select count(*) from findings);
$$;
