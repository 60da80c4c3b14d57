-- The refresh. dbt compiles a stateful model into statements and registers them here; `ops.refresh`
-- runs them over the batches that are new. docs/engine.md tells the story.

create table ops.model (
    target text not null,
    schema_name text not null,
    name text not null,
    kind text not null check (kind in ('touched', 'additive', 'view')),
    fingerprint text not null,
    definition text not null default '',
    reads text[] not null default '{}',
    prepare text[] not null default '{}',
    steps text[] not null default '{}',
    depth integer not null default 0,
    is_stale boolean not null default false,
    registered_at timestamptz not null default clock_timestamp(),
    primary key (target, schema_name, name)
);
comment on table ops.model is
    'What dbt built: one row a model and target, with the statements that a refresh runs for it.';
comment on column ops.model.target is 'The schema of the dbt target, so that nobody''s build touches another''s.';
comment on column ops.model.fingerprint is 'Of the compiled SQL, of the views and the seeds below it.';
comment on column ops.model.definition is 'The compiled SQL: what the table must equal at any time.';
comment on column ops.model.reads is 'Stateful models that it reads, as schema.name.';
comment on column ops.model.prepare is 'Makes its session tables, where keys and changes stand.';
comment on column ops.model.steps is 'The refresh. The first fills the keys or the changes; none: nothing to do.';
comment on column ops.model.depth is 'Longest way to a log: the order of a refresh.';
comment on column ops.model.is_stale is 'A model that it reads was rebuilt, and it was not yet.';

create table ops.delta_check (
    target text not null,
    name text not null,
    statement text not null,
    primary key (target, name)
);
comment on table ops.delta_check is
    'Checks of new batches, compiled from dbt tests: each returns the batches that it refuses.';

create table ops.horizon (
    target text primary key,
    seq bigint not null,
    moved_at timestamptz not null default clock_timestamp()
);
comment on table ops.horizon is 'Up to which admitted batch the models of a target know everything.';

create table ops.refresh_log (
    refresh_id bigint generated always as identity primary key,
    target text not null,
    seq_from bigint not null,
    seq_to bigint not null,
    batches bigint not null,
    held bigint not null,
    started_at timestamptz not null,
    ended_at timestamptz not null default clock_timestamp(),
    models jsonb not null
);
comment on table ops.refresh_log is 'One row a refresh that found something new.';
comment on column ops.refresh_log.models is 'For each model with changes: rows per step, and milliseconds.';
create index refresh_log_ended on ops.refresh_log (ended_at);

-- Every path that writes state takes it: refreshes, builds, releases. A statement of its own, always,
-- because a statement's snapshot is older than the lock that it waits for.
create function ops.lock_refresh() returns void language sql as $$
    select pg_advisory_xact_lock(hashtextextended('ops.refresh', 0));
$$;

-- Numbers pending batches, oldest first, until `max_rows` lines are reached. Batches that are not
-- committed yet are not visible, hence not numbered, hence numbered the next time.
create function ops.admit(max_rows bigint) returns bigint language plpgsql as $$
declare
    admitted bigint;
begin
    with running as (
        select
            pending_batch.batch_id,
            sum(batch.accepted) over (order by pending_batch.batch_id) - batch.accepted as before
        from ops.pending_batch
        inner join landing.batch on pending_batch.batch_id = batch.batch_id
    ),
    taken as (
        delete from ops.pending_batch
        where batch_id in (select running.batch_id from running where running.before < max_rows)
        returning batch_id
    )
    insert into ops.admitted_batch (batch_id) select batch_id from taken order by batch_id;
    get diagnostics admitted = row_count;
    return admitted;
end
$$;

-- Takes a batch out again, so that no model sees it. A release numbers it anew.
create function ops.hold(held bigint, held_by text, sqlstate text, findings bigint)
returns void language plpgsql as $$
begin
    delete from ops.admitted_batch where batch_id = held;
    insert into ops.held_batch (batch_id, held_by, sqlstate, findings)
    values (held, held_by, sqlstate, findings);
end
$$;

create function ops.release(released bigint) returns boolean language plpgsql as $$
begin
    perform ops.lock_refresh();
    delete from ops.held_batch where batch_id = released;
    if not found then
        return false;
    end if;
    insert into ops.pending_batch (batch_id) values (released);
    perform pg_notify('landing_batch', released::text);
    return true;
end
$$;

create function ops.set_window(lo bigint, hi bigint) returns void language sql as $$
    select set_config('assay.lo', lo::text, true), set_config('assay.hi', hi::text, true);
$$;

-- Runs the delta checks over the window and holds what they refuse.
create function ops.check_window(of_target text) returns bigint language plpgsql as $$
declare
    found_check record;
    refused record;
    held bigint := 0;
begin
    for found_check in
        select name, statement from ops.delta_check where target = of_target order by name
    loop
        for refused in execute format(
            'select batch_id, count(*) as findings from (%s) as refused group by batch_id order by batch_id',
            found_check.statement)
        loop
            perform ops.hold(refused.batch_id, found_check.name, null, refused.findings);
            held := held + 1;
        end loop;
    end loop;
    return held;
end
$$;

-- Session tables are made once a session and emptied by every commit. They are made again when a model
-- was registered since, because its columns may be others.
create function ops.prepare_session(of_target text) returns void language plpgsql as $$
declare
    registry text;
    statement text;
begin
    select of_target || ' ' || coalesce(max(registered_at)::text, '') || ' ' || count(*) into registry
    from ops.model where target = of_target;
    if registry = current_setting('assay.prepared', true) then
        return;
    end if;
    set local client_min_messages = warning;
    for statement in
        select unnest(prepare) from ops.model where target = of_target order by depth, name
    loop
        execute statement;
    end loop;
    perform set_config('assay.prepared', registry, false);
end
$$;

-- Brings every stateful model from lo to hi. The statements are planned each time, for this window.
create function ops.apply_window(of_target text, lo bigint, hi bigint) returns jsonb
language plpgsql as $$
declare
    one record;
    step text;
    step_rows bigint;
    rows_of_steps bigint[];
    began timestamptz;
    done jsonb := '[]';
begin
    perform ops.set_window(lo, hi);
    perform ops.prepare_session(of_target);
    for one in
        select schema_name, name, steps from ops.model
        where target = of_target and kind <> 'view'
        order by depth, schema_name, name
    loop
        began := clock_timestamp();
        rows_of_steps := '{}';
        begin
            foreach step in array one.steps loop
                execute step;
                get diagnostics step_rows = row_count;
                rows_of_steps := rows_of_steps || step_rows;
                exit when rows_of_steps = array[0::bigint];
            end loop;
        exception when data_exception or integrity_constraint_violation or program_limit_exceeded then
            -- Says which model, and not the message: that may quote a row.
            raise exception using errcode = sqlstate, message = one.schema_name || '.' || one.name;
        end;
        if rows_of_steps <> array[0::bigint] then
            done := done || jsonb_build_object(
                'model', one.schema_name || '.' || one.name,
                'rows', rows_of_steps,
                'ms', round(extract(epoch from clock_timestamp() - began)::numeric * 1000, 1));
        end if;
    end loop;
    return done;
end
$$;

-- The window, and where a batch in it makes a model raise: the window in halves, down to that batch, which
-- is held. Only the data's own faults are a batch's fault (a name too long for an index is one); anything
-- else ends the refresh.
create function ops.apply_or_hold(of_target text, lo bigint, hi bigint) returns jsonb
language plpgsql as $$
declare
    state text;
    raised_by text;
    in_window bigint;
    middle bigint;
    guilty bigint;
    first_half jsonb;
begin
    select count(*), min(batch_id) into in_window, guilty
    from ops.admitted_batch where seq > lo and seq <= hi;
    if in_window = 0 then
        return '[]';
    end if;
    begin
        return ops.apply_window(of_target, lo, hi);
    exception when data_exception or integrity_constraint_violation or program_limit_exceeded then
        get stacked diagnostics state = returned_sqlstate, raised_by = message_text;
    end;
    if in_window = 1 then
        perform ops.hold(guilty, raised_by, state, null);
        return '[]';
    end if;
    select seq into middle from ops.admitted_batch
    where seq > lo and seq <= hi order by seq offset in_window / 2 - 1 limit 1;
    first_half := ops.apply_or_hold(of_target, lo, middle);
    perform ops.empty_session_tables();
    return first_half || ops.apply_or_hold(of_target, middle, hi);
end
$$;

create function ops.empty_session_tables() returns void language plpgsql as $$
declare
    session_table regclass;
begin
    for session_table in
        select oid from pg_class
        where relnamespace = pg_my_temp_schema() and relkind = 'r'
            and (relname like 'keys of %' or relname like 'changes of %')
    loop
        execute format('truncate %s', session_table);
    end loop;
end
$$;

create function ops.stale_models(of_target text) returns text[] language sql stable as $$
    select array_agg(schema_name || '.' || name order by depth, name)
    from ops.model where target = of_target and is_stale;
$$;

-- One refresh, one transaction: check, admit, apply, move the horizon. Returns how many batches were
-- taken in and how many are still waiting, so that its caller goes on while there is more.
create function ops.refresh(of_target text, max_rows bigint default 250000)
returns table (admitted bigint, held bigint, waiting bigint) language plpgsql as $$
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
    perform ops.admit(max_rows);
    select coalesce(max(seq), 0) into hi from ops.admitted_batch;
    if hi > lo then
        stale := ops.stale_models(of_target);
        if stale is not null then
            raise exception 'rebuilt below, but not themselves: %', array_to_string(stale, ', ')
                using errcode = 'object_not_in_prerequisite_state', hint = 'Run `assay build`.';
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

-- What a build begins with. A target's first build takes in everything that has landed, unchecked, since
-- its checks are not compiled yet; its tests run over the whole of it right after. A plain target reads
-- what others admitted, and admits by itself only where nobody else does.
create function ops.open_target(of_target text, is_plain boolean) returns void language plpgsql as $$
begin
    perform ops.lock_refresh();
    if not exists (select from ops.horizon) then
        perform ops.admit(9223372036854775807);
    end if;
    if not is_plain then
        insert into ops.horizon (target, seq)
        select of_target, coalesce(max(seq), 0) from ops.admitted_batch
        on conflict (target) do nothing;
    end if;
end
$$;

-- A rebuilt model's readers hold sums over what it was before.
create function ops.register(
    of_target text, of_schema text, of_name text, of_kind text, of_fingerprint text,
    of_definition text, of_reads text[], of_prepare text[], of_steps text[]
) returns void language plpgsql as $$
begin
    insert into ops.model
        (target, schema_name, name, kind, fingerprint, definition, reads, prepare, steps, depth)
    select
        of_target, of_schema, of_name, of_kind, of_fingerprint, of_definition, of_reads, of_prepare, of_steps,
        coalesce((
            select max(model.depth) + 1 from ops.model
            where model.target = of_target and model.schema_name || '.' || model.name = any(of_reads)
        ), 0)
    on conflict (target, schema_name, name) do update set
        kind = excluded.kind, fingerprint = excluded.fingerprint, definition = excluded.definition,
        reads = excluded.reads,
        prepare = excluded.prepare, steps = excluded.steps, depth = excluded.depth,
        is_stale = false, registered_at = clock_timestamp();
    with recursive above as (
        select of_schema || '.' || of_name as name
        union
        select model.schema_name || '.' || model.name
        from ops.model
        inner join above on above.name = any(model.reads)
        where model.target = of_target
    )
    update ops.model set is_stale = true
    from above
    where
        model.target = of_target
        and model.schema_name || '.' || model.name = above.name
        and above.name <> of_schema || '.' || of_name
        and not model.is_stale;
end
$$;

create function ops.fingerprint(compiled text, views text[], seeds text[]) returns text
language sql stable as $$
    select md5(
        compiled
        || coalesce((select string_agg(pg_get_viewdef(name::regclass), '' order by name)
            from unnest(views) as name), '')
        || coalesce(array_to_string(seeds, ''), ''));
$$;

create function ops.register_view(of_target text, of_schema text, of_name text) returns void
language sql as $$
    insert into ops.model (target, schema_name, name, kind, fingerprint)
    values (of_target, of_schema, of_name, 'view', '')
    on conflict (target, schema_name, name) do nothing;
$$;

create function ops.register_check(of_target text, of_name text, of_statement text) returns void
language sql as $$
    insert into ops.delta_check (target, name, statement) values (of_target, of_name, of_statement)
    on conflict (target, name) do update set statement = excluded.statement;
$$;

create function ops.begin_build(of_target text, is_plain boolean) returns void language plpgsql as $$
begin
    perform ops.open_target(of_target, is_plain);
    if not is_plain and ops.stale_models(of_target) is null then
        perform ops.refresh(of_target, 9223372036854775807);
    end if;
end
$$;

-- Drops what the project no longer has, unless something outside it still stands on it.
create function ops.end_build(of_target text, models text[], checks text[]) returns void
language plpgsql as $$
declare
    gone record;
begin
    perform ops.lock_refresh();
    delete from ops.delta_check where target = of_target and name <> all(checks);
    for gone in
        select model.schema_name, model.name, model.kind from ops.model
        where
            model.target = of_target
            and model.schema_name || '.' || model.name <> all(models)
            and not exists (
                select from ops.model as reader
                where reader.target = of_target and model.schema_name || '.' || model.name = any(reader.reads)
                    and reader.schema_name || '.' || reader.name = any(models)
            )
        order by model.kind = 'view' desc, model.depth desc
    loop
        delete from ops.model
        where target = of_target and schema_name = gone.schema_name and name = gone.name;
        begin
            execute format('drop %s if exists %I.%I',
                case gone.kind when 'view' then 'view' else 'table' end, gone.schema_name, gone.name);
        exception when dependent_objects_still_exist then
            raise warning '%.% is no longer built, but others still read it: it was left as it is',
                gone.schema_name, gone.name;
        end;
    end loop;
end
$$;

-- Runs a statement that needs a table or a view for itself, without queueing readers behind a reader that
-- takes long: a lock that is not to be had at once is given back and asked for again.
create function ops.run_without_queueing(statement text) returns void language plpgsql as $$
declare
    give_up timestamptz := clock_timestamp() + interval '60 seconds';
begin
    loop
        begin
            set local lock_timeout = '50ms';
            execute statement;
            set local lock_timeout = 0;
            return;
        exception when lock_not_available then
            if clock_timestamp() > give_up then
                raise exception 'it is being read without a pause: nothing was changed'
                    using errcode = 'lock_not_available', hint = 'Run the build again.';
            end if;
            perform pg_sleep(0.1);
        end;
    end loop;
end
$$;

create function ops.put_view(name text, definition text) returns text language plpgsql as $$
declare
    standing "char";
    was text;
begin
    select relkind into standing from pg_class where oid = to_regclass(name);
    if standing in ('r', 'p') then
        execute format('drop table %s', name); -- made by another materialization, and never by cascade
    elsif standing = 'v' then
        was := pg_get_viewdef(to_regclass(name));
        execute format('create or replace temp view put_view_probe as %s', definition);
        if was = pg_get_viewdef('pg_temp.put_view_probe'::regclass) then
            drop view pg_temp.put_view_probe;
            return 'as it was';
        end if;
        drop view pg_temp.put_view_probe;
    end if;
    perform ops.run_without_queueing(format('create or replace view %s as %s', name, definition));
    return 'replaced';
exception when invalid_table_definition then
    raise exception '% would lose or change columns that others may read', name
        using errcode = 'invalid_table_definition',
        hint = 'Publish it as a new version of the model, or drop the view first.';
end
$$;

-- The table with the columns of a definition; one that stands is altered, never dropped: views depend on
-- it. Columns in `measures` are bigint whatever Postgres makes of their sums, so that a refresh adds
-- exactly what a rebuild adds. Says whether a standing table was altered.
create function ops.shape_table(name text, definition text, measures text[], fill integer) returns boolean
language plpgsql as $$
declare
    one record;
    stood boolean := to_regclass(name) is not null;
    altered boolean := false;
begin
    execute format('create or replace temp view shape_probe as %s', definition);
    if not stood then
        execute format('create table %s () with (fillfactor = %s)', name, fill);
    end if;
    for one in
        with wanted as (
            select attnum, attname, case when attname = any(measures) then 'bigint'
                else format_type(atttypid, atttypmod) end as type
            from pg_attribute where attrelid = 'pg_temp.shape_probe'::regclass and attnum > 0
        ),
        standing as (
            select attname, format_type(atttypid, atttypmod) as type
            from pg_attribute where attrelid = name::regclass and attnum > 0 and not attisdropped
        )
        select
            case
                when standing.attname is null then format('add column %I %s', wanted.attname, wanted.type)
                when wanted.attname is null then format('drop column %I', standing.attname)
                else format('alter column %I type %s using null', wanted.attname, wanted.type)
            end as action
        from wanted full join standing using (attname)
        where wanted.type is distinct from standing.type
        order by wanted.attnum
    loop
        perform ops.run_without_queueing(format('alter table %s %s', name, one.action));
        altered := stood;
    end loop;
    drop view pg_temp.shape_probe;
    return altered;
end
$$;

-- Each table against its own definition, over the tables that it reads: when every one of them agrees, all of
-- it is what a rebuild from the logs would make. Reads everything; refreshes wait meanwhile.
create function ops.differences(of_target text)
returns table (model text, table_rows bigint, missing bigint, surplus bigint) language plpgsql as $$
declare
    one record;
    columns text;
begin
    perform ops.lock_refresh();
    perform ops.set_window(0, horizon.seq) from ops.horizon where horizon.target = of_target;
    for one in
        select format('%I.%I', schema_name, name) as relation, definition from ops.model
        where target = of_target and kind <> 'view' order by depth, schema_name, name
    loop
        select string_agg(quote_ident(attname), ', ' order by attnum) into columns
        from pg_attribute where attrelid = one.relation::regclass and attnum > 0 and not attisdropped;
        model := one.relation;
        execute format('select count(*) from %s', one.relation) into table_rows;
        execute format(
            'select count(*) from (select %1$s from (%3$s) as definition except all select %1$s from %2$s) as x',
            columns, one.relation, one.definition) into missing;
        execute format(
            'select count(*) from (select %1$s from %2$s except all select %1$s from (%3$s) as definition) as x',
            columns, one.relation, one.definition) into surplus;
        return next;
    end loop;
end
$$;
comment on function ops.differences is
    'Rows in which each stateful table differs from its own definition. All zero, always.';

create function ops.require_values(name text, columns text[]) returns void language plpgsql as $$
declare
    nullable text;
begin
    for nullable in
        select attname from pg_attribute
        where attrelid = name::regclass and attname = any(columns) and not attnotnull
    loop
        perform ops.run_without_queueing(format('alter table %s alter column %I set not null', name, nullable));
    end loop;
end
$$;
