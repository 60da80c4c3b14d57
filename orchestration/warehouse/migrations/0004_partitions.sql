-- A month's partition of a log, made when a row first needs it. Create, then attach: that takes no lock
-- which a reader or a writer of the log would notice. Its caller commits at once.
create function landing.ensure_partition(log regclass, month date) returns void language plpgsql as $$
declare
    parent text;
    schema_name text;
    partition_name text;
begin
    select relname, relnamespace::regnamespace::text into parent, schema_name
    from pg_class where oid = log;
    partition_name := parent || to_char(month, '_YYYY_MM');
    perform pg_advisory_xact_lock(hashtextextended('landing.ensure_partition', 0));
    if to_regclass(format('%I.%I', schema_name, partition_name)) is not null then
        return;
    end if;
    execute format('create table %I.%I (like %s including defaults including constraints)',
        schema_name, partition_name, log);
    execute format('alter table %s attach partition %I.%I for values from (%L) to (%L)',
        log, schema_name, partition_name,
        month::timestamp at time zone 'UTC', (month + interval '1 month') at time zone 'UTC');
end
$$;
