-- Which batches the models see, and since when. Landing knows nothing of it: a batch that commits is
-- pending by the trigger below, whatever lander wrote it.

create table ops.pending_batch (
    batch_id bigint primary key
);
comment on table ops.pending_batch is
    'Landed batches that no refresh has looked at yet. A queue: it is empty most of the time.';

create function ops.queue_batch() returns trigger language plpgsql as $$
begin
    insert into ops.pending_batch (batch_id) values (new.batch_id);
    return null;
end
$$;
create trigger queue_batch after insert on landing.batch
    for each row execute function ops.queue_batch();
insert into ops.pending_batch (batch_id) select batch_id from landing.batch;

-- Batches are numbered by their reader, not by their writer: identities and clocks are handed out
-- before a commit, so a watermark on either would pass by a batch that commits late. Numbers come from a
-- sequence, so that the number of a batch that was held is never given to another: a horizon may stand on it.
create table ops.admitted_batch (
    seq bigint generated always as identity primary key,
    batch_id bigint not null unique,
    admitted_at timestamptz not null default clock_timestamp()
);
comment on table ops.admitted_batch is
    'Batches that the models see, in the order in which they were taken in.';

create table ops.held_batch (
    batch_id bigint primary key,
    held_by text not null,
    sqlstate text,
    findings bigint,
    held_at timestamptz not null default clock_timestamp()
);
comment on table ops.held_batch is
    'Batches that the models do not see, because a check or a model refused them.';
comment on column ops.held_batch.held_by is 'The delta check, or the model that raised an error.';
comment on column ops.held_batch.sqlstate is 'Of the error, where a model raised one.';
comment on column ops.held_batch.findings is 'Rows that the check found, where a check refused it.';

-- What a refresh works on is said by two settings of its own transaction, so that no other session
-- waits for it or sees it: (assay.lo, assay.hi]. Without them, everything admitted is visible.
create view ops.hidden_batch as
    select batch_id from ops.pending_batch
    union all
    select batch_id from ops.held_batch
    union all
    select batch_id from ops.admitted_batch
    where seq > nullif(current_setting('assay.hi', true), '')::bigint;
comment on view ops.hidden_batch is
    'Batches that no model may read: pending, held, or beyond the window of this refresh.';

create view ops.window_batch as
    select batch_id from ops.admitted_batch
    where
        seq > nullif(current_setting('assay.lo', true), '')::bigint
        and seq <= nullif(current_setting('assay.hi', true), '')::bigint;
comment on view ops.window_batch is 'Batches whose rows are new to this refresh.';

-- Where models read rows of logs by their query or their target.
create index query_log_query on raw.query_log
    ((md5(workspace || chr(31) || coalesce(query_id, event_id))::uuid));
create index cost_log_thread on raw.cost_log
    ((coalesce(md5(workspace || chr(31) || query_id)::uuid, event_key)));
create index feedback_log_thread on raw.feedback_log
    ((coalesce(md5(workspace || chr(31) || query_id)::uuid, event_key)));
create index outcome_log_target on raw.outcome_log ((md5(workspace || chr(31) || target_id)::uuid));
-- What "up to now" means is the newest of these.
create index batch_landed on landing.batch (landed_at);
