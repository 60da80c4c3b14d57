-- A refresh waits for its lock and then has to see what was committed meanwhile. A transaction whose snapshot is
-- older than that would work on a horizon that has moved, or leave out what is there: it is refused.
create or replace function ops.lock_refresh() returns void language plpgsql as $$
begin
    if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
        raise exception 'it has to see what was committed while it waited'
            using errcode = 'object_not_in_prerequisite_state', hint = 'Use a transaction in READ COMMITTED.';
    end if;
    perform pg_advisory_xact_lock(hashtextextended('ops.refresh', 0));
    perform ops.require_living_job();
end
$$;
