-- A change set is kept aside where more than one statement asks for it, and only there. The new rows of a log were
-- looked for by each model that takes changes from it, beside whatever had landed since the log's summaries were
-- last made; and sums that nobody takes changes from were written twice.

-- What a view over logs gives to a refresh. A model that reads it says so when it is built.
create function ops.register_new_rows(of_target text, of_schema text, of_name text, new_rows text) returns void
language sql as $$
    update ops.model set prepare = array[new_rows], registered_at = clock_timestamp()
    where
        target = of_target and schema_name = of_schema and name = of_name and kind = 'view'
        and prepare is distinct from array[new_rows];
$$;

-- How often other models ask for a relation's change set.
create function ops.asked_for(of_target text, of_relation text) returns bigint language sql stable as $$
    select coalesce(sum((length(step) - length(replace(step, wanted, ''))) / length(wanted)), 0)
    from ops.model
    cross join unnest(model.steps) as step
    cross join lateral (select '"changes of ' || of_relation || '"' as wanted) as name
    where model.target = of_target and model.schema_name || '.' || model.name <> of_relation;
$$;

create function ops.prepare_new_rows(of_target text, of_view text, new_rows text) returns void language plpgsql as $$
declare
    change_set text := 'changes of ' || of_view;
    standing_kind "char" := (
        select relkind from pg_class where relnamespace = pg_my_temp_schema() and relname = change_set);
begin
    if standing_kind is not null then
        execute format('drop %s pg_temp.%I', case standing_kind when 'v' then 'view' else 'table' end, change_set);
    end if;
    if ops.asked_for(of_target, of_view) > 1 then
        execute format('create temp table %I on commit delete rows as %s with no data', change_set, new_rows);
        execute ops.session_function(of_view, array[format('insert into pg_temp.%I %s', change_set, new_rows)]);
    else
        execute format('create temp view %I as %s', change_set, new_rows);
        execute ops.session_function(of_view, array['perform 0 where false']);
    end if;
end
$$;

-- Sums whose change set nobody asks for: the query that fills it takes its place.
create function ops.session_sums(of_schema text, of_name text, steps text[]) returns text language sql immutable as $$
    select format(
        'create or replace function pg_temp.%I() returns bigint[] language plpgsql as %L',
        'refresh of ' || of_schema || '.' || of_name,
        format(
            E'#variable_conflict use_column\ndeclare\n    cells bigint;\n    emptied tid[];\nbegin\n'
            'with added as (\n%s\nreturning standing.ctid as cell, standing.entries)\n'
            'select count(*), array_agg(cell) filter (where entries = 0) into cells, emptied from added;\n'
            'if emptied is not null then delete from %I.%I where ctid = any(emptied); end if;\n'
            'return array[cells];\nend',
            replace(
                steps[2],
                format('pg_temp."changes of %s.%s"', of_schema, of_name),
                '(' || substr(steps[1], position(E'\n' in steps[1])) || E'\n) as change'),
            of_schema, of_name));
$$;

create or replace function ops.prepare_session(of_target text) returns void language plpgsql as $$
declare
    registry text;
    one record;
    statement text;
begin
    select of_target || ' ' || coalesce(max(registered_at)::text, '') || ' ' || count(*) into registry
    from ops.model where target = of_target;
    if registry = current_setting('assay.prepared', true) then
        return;
    end if;
    set local client_min_messages = warning;
    for one in
        select schema_name, name, schema_name || '.' || name as relation, kind, prepare, steps from ops.model
        where target = of_target and (kind <> 'view' or prepare <> '{}')
        order by depth, schema_name, name
    loop
        if one.kind = 'view' then
            perform ops.prepare_new_rows(of_target, one.relation, one.prepare[1]);
        elsif one.kind = 'additive' and ops.asked_for(of_target, one.relation) = 0 then
            execute ops.session_sums(one.schema_name, one.name, one.steps);
        else
            foreach statement in array one.prepare loop
                execute statement;
            end loop;
            execute ops.session_function(one.relation, one.steps);
        end if;
    end loop;
    perform set_config('assay.prepared', registry, false);
end
$$;

-- Brings every stateful model from lo to hi, after the change sets of the logs that they read.
create or replace function ops.apply_window(of_target text, lo bigint, hi bigint) returns jsonb
language plpgsql as $$
declare
    one record;
    rows_of_steps bigint[];
    began timestamptz;
    done jsonb := '[]';
begin
    perform ops.set_window(lo, hi);
    perform ops.prepare_session(of_target);
    perform ops.keep_plans(sum(batch.lines)::bigint, hi)
    from ops.window_batch inner join landing.batch on window_batch.batch_id = batch.batch_id;
    for one in
        select schema_name || '.' || name as name, kind = 'view' as is_log from ops.model
        where target = of_target and (kind <> 'view' or prepare <> '{}')
        order by is_log desc, depth, schema_name, name
    loop
        began := clock_timestamp();
        begin
            execute format('select pg_temp.%I()', 'refresh of ' || one.name) into rows_of_steps;
        exception when data_exception or integrity_constraint_violation or program_limit_exceeded then
            -- Says which model, and not the message: that may quote a row.
            raise exception using errcode = sqlstate, message = one.name;
        end;
        if rows_of_steps <> array[0::bigint] and not one.is_log then
            done := done || jsonb_build_object(
                'model', one.name,
                'rows', rows_of_steps,
                'ms', round(extract(epoch from clock_timestamp() - began)::numeric * 1000, 1));
        end if;
    end loop;
    return done;
end
$$;
