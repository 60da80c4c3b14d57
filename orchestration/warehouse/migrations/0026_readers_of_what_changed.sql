-- A view or a seed takes effect at once, the statements of a refresh only with a rebuild. In between, rows that were
-- there would be by what the view said before, and new ones by what it says now. So models above it wait.

-- Stateful models whose SQL names a relation, or a view above it: their own SQL, which may be older than the project's.
create function ops.models_over(relation regclass) returns table (target text, schema_name text, name text)
language sql stable as $$
    with recursive above as (
        select relation::oid as oid
        union
        select rule.ev_class
        from above
        inner join pg_depend as depend
            on depend.refclassid = 'pg_class'::regclass and depend.refobjid = above.oid
            and depend.classid = 'pg_rewrite'::regclass
        inner join pg_rewrite as rule on rule.oid = depend.objid
    )
    select model.target, model.schema_name, model.name
    from ops.model
    where
        model.kind <> 'view'
        and exists (
            select from above
            inner join pg_class as class on class.oid = above.oid
            inner join pg_namespace as namespace on namespace.oid = class.relnamespace
            where position(format('"%s"."%s"', namespace.nspname, class.relname) in model.definition) > 0
        );
$$;

-- Before the relation is locked: a refresh that is under way may be about to read it.
create function ops.make_readers_stale(relation regclass) returns void language plpgsql as $$
begin
    if exists (select from ops.models_over(relation)) then
        perform ops.lock_refresh();
        update ops.model set is_stale = true
        from ops.models_over(relation) as reader
        where
            not model.is_stale
            and (model.target, model.schema_name, model.name) = (reader.target, reader.schema_name, reader.name);
    end if;
end
$$;
comment on column ops.model.is_stale is 'What it reads was rebuilt or changed, and it was not made anew yet.';

-- Refreshes of a warehouse where state became a view before end in an error, and so does its next build.
select ops.make_readers_stale(class.oid), ops.register_view(model.target, model.schema_name, model.name)
from ops.model
inner join pg_class as class on class.oid = to_regclass(format('%I.%I', model.schema_name, model.name))
where model.kind <> 'view' and class.relkind = 'v';

-- A table that becomes a view goes without queueing anybody, and while no refresh writes into it; those who asked it for
-- changes are made anew.
create or replace function ops.put_view(name text, definition text) returns text language plpgsql as $$
declare
    standing "char";
    was text;
begin
    select relkind into standing from pg_class where oid = to_regclass(name);
    if standing = 'v' then
        was := pg_get_viewdef(to_regclass(name));
        execute format('create or replace temp view put_view_probe as %s', definition);
        if was = pg_get_viewdef('pg_temp.put_view_probe'::regclass) then
            drop view pg_temp.put_view_probe;
            return 'as it was';
        end if;
        drop view pg_temp.put_view_probe;
    end if;
    perform ops.make_readers_stale(to_regclass(name));
    if standing in ('r', 'p') then
        perform ops.lock_refresh();
        perform ops.run_without_queueing(format('drop table %s', name)); -- never by cascade
    end if;
    perform ops.run_without_queueing(format('create or replace view %s as %s', name, definition));
    if standing is null then -- and was dropped by hand, where somebody reads it
        perform ops.make_readers_stale(to_regclass(name));
    end if;
    return 'replaced';
exception when invalid_table_definition then
    raise exception '% would lose or change columns that others may read', name
        using errcode = 'invalid_table_definition',
        hint = 'Publish it as a new version of the model, or drop the view first.';
end
$$;

create function ops.hash_of_rows(name text) returns text language plpgsql stable as $$
declare
    hash text;
begin
    execute format(
        'select md5(coalesce(string_agg(md5(one::text), '''' order by md5(one::text)), '''')) from %s as one', name
    ) into hash;
    return hash;
end
$$;

-- Before its rows are replaced: what they are, until the new ones are there.
create function ops.keep_seed(name text) returns void language plpgsql as $$
begin
    if exists (select from ops.models_over(name::regclass)) then
        perform ops.lock_refresh(); -- before the table is locked
    end if;
    perform set_config('assay.seed_was', ops.hash_of_rows(name), true);
end
$$;

-- A seed is loaded by every build, and nearly always with the rows that it had.
create function ops.seed_loaded(name text) returns void language plpgsql as $$
begin
    if current_setting('assay.seed_was', true) is distinct from ops.hash_of_rows(name) then
        perform ops.make_readers_stale(name::regclass);
    end if;
end
$$;

-- Postgres leaves the schema out where the session's path has it: another path made every view another one.
alter function ops.fingerprint(text, text[], text[]) set search_path = pg_catalog;

-- As before, but a refresh that has to wait for a build says so before it admits anything, and one that follows
-- another in the same transaction does not find that one's keys and changes.
create or replace function ops.refresh(of_target text, max_rows bigint default 250000)
returns table (admitted bigint, held bigint, waiting bigint) language plpgsql set hash_mem_multiplier = 8 as $$
declare
    began timestamptz := clock_timestamp();
    lo bigint;
    hi bigint;
    models jsonb;
    stale text[];
begin
    perform ops.lock_refresh();
    select horizon.seq into lo from ops.horizon where horizon.target = of_target;
    if lo is null then
        raise exception 'nothing was built for the target %', of_target
            using errcode = 'object_not_in_prerequisite_state', hint = 'Run `assay build` first.';
    end if;
    stale := ops.stale_models(of_target);
    if stale is not null and (
        exists (select from ops.pending_batch) or exists (select from ops.admitted_batch where seq > lo)
    ) then
        raise exception 'changed or rebuilt below, but not themselves: %', array_to_string(stale, ', ')
            using errcode = 'object_not_in_prerequisite_state', hint = 'Run `assay build`, and what it asks for.';
    end if;
    perform ops.admit(max_rows);
    select coalesce(max(seq), 0) into hi from ops.admitted_batch;
    if hi > lo then
        if nullif(current_setting('assay.hi', true), '') is not null then
            perform ops.empty_session_tables();
        end if;
        set local jit = off;
        -- Keys come as arrays, whose length the planner takes for ten: it would join their rows in loops.
        set local enable_nestloop = off;
        perform ops.set_window(lo, hi);
        select count(*) into held from ops.held_batch;
        perform ops.check_window(of_target);
        models := ops.apply_or_hold(of_target, lo, hi);
        select count(*) - held into held from ops.held_batch;
        select count(*) into admitted from ops.admitted_batch where seq > lo and seq <= hi;
        update ops.horizon set seq = hi, moved_at = clock_timestamp() where horizon.target = of_target;
        insert into ops.refresh_log (target, seq_from, seq_to, batches, held, started_at, models)
        values (of_target, lo, hi, admitted, held, began, models);
        perform pg_notify('refreshed', of_target);
    else
        admitted := 0;
        held := 0;
    end if;
    select count(*) into waiting from ops.pending_batch;
    return next;
end
$$;

-- A build of another target admits what is pending, for all. The marts that people read wait for it none the less.
create or replace view ops.batch_lag as
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
            when admitted.seq > (select horizon.seq from ops.horizon where horizon.target = 'analytics') then 'waiting'
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
