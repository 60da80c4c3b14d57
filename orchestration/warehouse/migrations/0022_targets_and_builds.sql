-- What the models see is one for all targets, so only the target that people read may take a batch out. Where it
-- does, the others begin anew. Where another target cannot take a batch in, its next build makes its models anew.
drop function ops.hold(bigint, text, text, bigint);
create function ops.hold(of_target text, held bigint, held_by text, sqlstate text, findings bigint)
returns void language plpgsql as $$
declare
    held_seq bigint := (select seq from ops.admitted_batch where batch_id = held);
    reader text := (
        select target from ops.horizon
        where target <> of_target and (target = 'analytics' or seq >= held_seq)
        order by target = 'analytics' desc, target limit 1
    );
begin
    if of_target <> 'analytics' and reader is not null then
        raise exception 'batch % is refused by % of the target %, and the target % reads it: nothing was changed',
            held, held_by, of_target, reader
            using errcode = 'object_not_in_prerequisite_state',
                hint = format('Mend that check or model, then build %s again: its models are made anew.', of_target);
    end if;
    update ops.model set is_stale = true
    from ops.horizon
    where model.target = horizon.target and horizon.target <> of_target and horizon.seq >= held_seq
        and model.kind <> 'view';
    delete from ops.admitted_batch where batch_id = held;
    insert into ops.held_batch (batch_id, held_by, sqlstate, findings)
    values (held, held_by, sqlstate, findings);
end
$$;

create or replace function ops.check_window(of_target text) returns bigint language plpgsql as $$
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
            perform ops.hold(of_target, refused.batch_id, found_check.name, null, refused.findings);
            held := held + 1;
        end loop;
    end loop;
    return held;
end
$$;

create or replace function ops.apply_or_hold(of_target text, lo bigint, hi bigint) returns jsonb
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
        perform ops.hold(of_target, guilty, raised_by, state, null);
        return '[]';
    end if;
    select seq into middle from ops.admitted_batch
    where seq > lo and seq <= hi order by seq offset in_window / 2 - 1 limit 1;
    first_half := ops.apply_or_hold(of_target, lo, middle);
    perform ops.empty_session_tables();
    return first_half || ops.apply_or_hold(of_target, middle, hi);
end
$$;

-- A target that refuses what others read is mended by a build, so the build cannot wait for it: as in its first one,
-- models are made over everything, and tests say what is wrong.
create or replace function ops.begin_build(of_target text, is_plain boolean) returns void language plpgsql as $$
begin
    perform ops.open_target(of_target, is_plain);
    if is_plain or ops.stale_models(of_target) is not null then
        return;
    end if;
    begin
        perform ops.refresh(of_target, 9223372036854775807);
    exception when object_not_in_prerequisite_state then
        if of_target = 'analytics' then
            raise;
        end if;
        raise warning '%', sqlerrm;
        update ops.model set is_stale = true where target = of_target and kind <> 'view';
        update ops.horizon set seq = (select coalesce(max(admitted_batch.seq), 0) from ops.admitted_batch),
            moved_at = clock_timestamp()
        where target = of_target;
    end;
end
$$;

-- Without queueing: who reads what goes is not waited for, with others behind, while no refresh runs.
create or replace function ops.end_build(of_target text, models text[], checks text[]) returns void
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
            perform ops.run_without_queueing(format('drop %s if exists %I.%I',
                case gone.kind when 'view' then 'view' else 'table' end, gone.schema_name, gone.name));
        exception when dependent_objects_still_exist then
            raise warning '%.% is no longer built, but others still read it: it was left as it is',
                gone.schema_name, gone.name;
        end;
    end loop;
end
$$;
