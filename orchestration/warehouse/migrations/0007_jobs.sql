-- What scheduled work did: every attempt, which errors are worth another, and what was given up.
-- `orchestration/jobs` calls these functions, whoever started the work: a schedule, a sensor, a person.

create table ops.job (
    name text primary key,
    cadence text not null check (cadence in ('on_arrival', 'hourly', 'nightly', 'weekly', 'monthly')),
    due_within interval,
    limit_s integer not null,
    max_attempts integer not null default 5,
    description text not null
);
comment on table ops.job is 'The jobs there are, and when each of them is late.';
comment on column ops.job.due_within is 'After the end of its period; null for work that has no period.';
comment on column ops.job.limit_s is 'A run that takes longer is ended.';
insert into ops.job (name, cadence, due_within, limit_s, description) values
    ('land', 'on_arrival', null, 3600, 'Files of the inbox folder and lines of landing.inbox become rows.'),
    ('check', 'hourly', '30 minutes', 600, 'What landed in the last hours is fit to be scored and reported.'),
    ('build', 'nightly', '4 hours', 7200, 'Every dbt model built and every test run.'),
    ('prove', 'weekly', '12 hours', 7200, 'Every stateful table equals what its definition says.'),
    ('prune', 'monthly', '24 hours', 600, 'The operations log keeps thirteen months.');

create table ops.job_run (
    job_run_id bigint generated always as identity primary key,
    job text not null references ops.job,
    key text not null,
    attempt integer not null,
    status text not null
        check (status in ('queued', 'running', 'succeeded', 'failed', 'lost', 'dead')),
    period_start timestamptz,
    period_end timestamptz,
    queued_at timestamptz not null default clock_timestamp(),
    due_at timestamptz not null default clock_timestamp(),
    started_at timestamptz,
    ended_at timestamptz,
    duration_ms bigint generated always as
        ((extract(epoch from ended_at - started_at) * 1000)::bigint) stored,
    rows bigint,
    sqlstate text,
    reason text,
    dagster_run_id text,
    unique (job, key, attempt)
);
comment on table ops.job_run is 'One row an attempt. A job does the work of a key once.';
comment on column ops.job_run.key is 'What the work is: a period, or what waits in the inbox. The same key, the same work.';
comment on column ops.job_run.status is
    'failed and lost are followed by another attempt; dead is given up until somebody replays it.';
comment on column ops.job_run.due_at is 'Not to be started before: the pause before another attempt.';
comment on column ops.job_run.reason is 'The kind of error, never its message: that may quote a row.';
-- Two schedulers may want the same work at the same time: one of them gets it.
create unique index job_run_open on ops.job_run (job, key) where status in ('queued', 'running');
create unique index job_run_done on ops.job_run (job, key) where status = 'succeeded';
create index job_run_ended on ops.job_run (job, ended_at);

-- Held by the session that does the work, for as long as it lives: nobody has to guess from clocks
-- whether a worker was killed.
create function ops.job_run_lock(of_run bigint) returns bigint language sql immutable as $$
    select hashtextextended('ops.job_run ' || of_run, 0);
$$;

-- Queued, unless this work is queued, running, done or given up. Returns whether it waits to be started.
create function ops.queue_job(of_job text, of_key text, starts timestamptz, ends timestamptz)
returns boolean language plpgsql as $$
begin
    insert into ops.job_run (job, key, attempt, status, period_start, period_end)
    select of_job, of_key, 1, 'queued', starts, ends
    where not exists (select from ops.job_run where job = of_job and key = of_key)
    on conflict do nothing;
    return exists (select from ops.job_run where job = of_job and key = of_key and status = 'queued');
end
$$;

-- Takes the queued work of a key, if there is any, and marks it as this session's: the lock goes when the
-- session ends, however it ends.
create function ops.begin_job(of_job text, of_key text, of_dagster_run text) returns bigint
language plpgsql as $$
declare
    taken bigint;
begin
    perform ops.reap_jobs();
    update ops.job_run
    set status = 'running', started_at = clock_timestamp(), dagster_run_id = of_dagster_run
    where job = of_job and key = of_key and status = 'queued'
    returning job_run_id into taken;
    if taken is not null then
        perform pg_advisory_lock(ops.job_run_lock(taken));
    end if;
    return taken;
end
$$;

create function ops.end_job(of_run bigint, of_rows bigint) returns void language plpgsql as $$
begin
    update ops.job_run set status = 'succeeded', ended_at = clock_timestamp(), rows = of_rows
    where job_run_id = of_run and status = 'running';
end
$$;

-- The pause doubles with every attempt and is up to half longer or shorter, so that many that failed
-- together do not come back together. Attempts before the last replay do not count.
create function ops.fail_job(of_run bigint, may_pass boolean, of_status text, of_sqlstate text, of_reason text)
returns timestamptz language plpgsql as $$
declare
    failed ops.job_run;
    tries bigint;
    next_at timestamptz;
begin
    select count(*) into tries
    from ops.job_run as earlier
    inner join ops.job_run as this on earlier.job = this.job and earlier.key = this.key
    where this.job_run_id = of_run and earlier.attempt <= this.attempt
        and earlier.attempt > coalesce((
            select max(dead.attempt) from ops.job_run as dead
            where dead.job = this.job and dead.key = this.key and dead.status = 'dead'
        ), 0);
    update ops.job_run
    set ended_at = clock_timestamp(), sqlstate = of_sqlstate, reason = of_reason,
        status = case
            when may_pass and tries < (select max_attempts from ops.job where name = job_run.job)
                then of_status
            else 'dead'
        end
    where job_run_id = of_run and status = 'running'
    returning * into failed;
    if failed.status is distinct from of_status then
        return null;
    end if;
    next_at := clock_timestamp() + interval '1 second' * 2 ^ (tries - 1) * (0.5 + random());
    insert into ops.job_run (job, key, attempt, status, period_start, period_end, due_at)
    values (failed.job, failed.key, failed.attempt + 1, 'queued', failed.period_start, failed.period_end,
        next_at);
    return next_at;
end
$$;

-- A run whose session is gone was killed, or lost its database. What it did is whole or not there.
create function ops.reap_jobs() returns bigint language plpgsql as $$
declare
    running bigint;
    reaped bigint := 0;
begin
    for running in select job_run_id from ops.job_run where status = 'running' order by job_run_id loop
        if pg_try_advisory_xact_lock(ops.job_run_lock(running)) then
            perform ops.fail_job(running, true, 'lost', null, 'its process or its connection ended');
            reaped := reaped + 1;
        end if;
    end loop;
    return reaped;
end
$$;

create view ops.dead_letter as
    select job_run.* from ops.job_run
    where status = 'dead' and not exists (
        select from ops.job_run as later
        where later.job = job_run.job and later.key = job_run.key and later.attempt > job_run.attempt
    );
comment on view ops.dead_letter is 'Work that was given up: `assay jobs replay` queues it again.';

create function ops.replay_job(of_run bigint) returns boolean language plpgsql as $$
begin
    insert into ops.job_run (job, key, attempt, status, period_start, period_end)
    select job, key, attempt + 1, 'queued', period_start, period_end
    from ops.dead_letter where job_run_id = of_run;
    return found;
end
$$;

-- Every period that has ended since a job was first queued, whether or not it ran. No more than the
-- last 92 days, which is what people look at.
create view ops.job_period as
    select job.name as job, job.cadence, period.starts as period_start, period.ends as period_end,
        period.ends + job.due_within as due_at
    from ops.job
    cross join lateral (
        select case job.cadence when 'hourly' then 'hour' when 'nightly' then 'day'
            when 'weekly' then 'week' else 'month' end as unit
    ) as cadence
    cross join lateral (
        select min(job_run.period_start) as first_start from ops.job_run where job_run.job = job.name
    ) as known
    cross join lateral (
        select starts, starts + ('1 ' || cadence.unit)::interval as ends
        from generate_series(
            date_trunc(cadence.unit, greatest(known.first_start, now() - interval '92 days'), 'UTC'),
            now(), ('1 ' || cadence.unit)::interval
        ) as starts
    ) as period
    where job.due_within is not null and known.first_start is not null and period.ends <= now();
comment on view ops.job_period is 'When each job with a period had to be done.';

-- A build tells which job run it belongs to by a setting of its sessions. When that run's worker is gone,
-- dbt may still be there: it must not publish beside the build that replaced it.
create function ops.require_living_job() returns void language plpgsql as $$
declare
    belongs_to bigint := nullif(current_setting('assay.job_run', true), '')::bigint;
begin
    if belongs_to is null then
        return;
    end if;
    if not exists (select from ops.job_run where job_run_id = belongs_to and status = 'running')
        or pg_try_advisory_xact_lock_shared(ops.job_run_lock(belongs_to)) then
        raise exception 'the job that started this build has ended'
            using errcode = 'object_not_in_prerequisite_state', hint = 'Its next attempt builds again.';
    end if;
end
$$;

create or replace function ops.lock_refresh() returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('ops.refresh', 0));
    perform ops.require_living_job();
end
$$;

-- In the transaction that replaced the view.
create or replace function ops.register_view(of_target text, of_schema text, of_name text) returns void
language plpgsql as $$
begin
    perform ops.require_living_job();
    insert into ops.model (target, schema_name, name, kind, fingerprint)
    values (of_target, of_schema, of_name, 'view', '')
    on conflict (target, schema_name, name) do nothing;
end
$$;

