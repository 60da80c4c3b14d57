-- A refresh costs less where its statements are planned once, and where new rows are found without reading
-- their neighbours.

-- The statements of a model become a function of the session: PL/pgSQL keeps their plans. They name no window
-- (its batches come as an array), so that a plan serves any; PostgreSQL makes it anew when a table that
-- it reads was analysed or altered.
create function ops.session_function(of_model text, steps text[]) returns text language sql immutable as $$
    select format(
        'create or replace function pg_temp.%I() returns bigint[] language plpgsql as %L',
        'refresh of ' || of_model,
        E'#variable_conflict use_column\ndeclare\n    counted bigint;\n    counts bigint[] := ''{}'';\nbegin\n'
        || string_agg(
            step
            || E'\n;\nget diagnostics counted = row_count;\ncounts := counts || counted;\n'
            || E'if counts = array[0::bigint] then return counts; end if;\n',
            '' order by place)
        || E'return counts;\nend')
    from unnest(steps) with ordinality as step (step, place);
$$;
comment on function ops.session_function is
    'Makes the function that refreshes a model: rows a step; where the first finds nothing, the rest is left out.';

-- Made once a session, and again when a model was registered since, because its columns may be others. The
-- session's tables are emptied by every commit.
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
        select schema_name || '.' || name as name, prepare, steps from ops.model
        where target = of_target and kind <> 'view'
        order by depth, schema_name, name
    loop
        foreach statement in array one.prepare loop
            execute statement;
        end loop;
        execute ops.session_function(one.name, one.steps);
    end loop;
    perform set_config('assay.prepared', registry, false);
end
$$;

-- A plan that was made for a handful of rows is not kept for a hundred thousand: the session plans again when
-- a window, or the history, has a digit more than any before.
create function ops.keep_plans(window_lines bigint, hi bigint) returns void language plpgsql as $$
declare
    planned_for integer[] := nullif(current_setting('assay.planned_for', true), '')::integer[];
    digits integer[] := array[length(window_lines::text), length(hi::text)];
begin
    if planned_for is not null and digits[1] <= planned_for[1] and digits[2] <= planned_for[2] then
        return;
    end if;
    discard plans;
    perform set_config('assay.planned_for',
        array[greatest(digits[1], planned_for[1]), greatest(digits[2], planned_for[2])]::text, false);
end
$$;

-- Brings every stateful model from lo to hi.
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
        select schema_name || '.' || name as name from ops.model
        where target = of_target and kind <> 'view'
        order by depth, schema_name, name
    loop
        began := clock_timestamp();
        begin
            execute format('select pg_temp.%I()', 'refresh of ' || one.name) into rows_of_steps;
        exception when data_exception or integrity_constraint_violation or program_limit_exceeded then
            -- Says which model, and not the message: that may quote a row.
            raise exception using errcode = sqlstate, message = one.name;
        end;
        if rows_of_steps <> array[0::bigint] then
            done := done || jsonb_build_object(
                'model', one.name,
                'rows', rows_of_steps,
                'ms', round(extract(epoch from clock_timestamp() - began)::numeric * 1000, 1));
        end if;
    end loop;
    return done;
end
$$;

-- What lies in one summary with a new row is read beside it, in every month that a late row reaches: with 128
-- pages a summary, that was five rows read for one.
do $$
declare
    log text;
begin
    for log in
        select relname from pg_class
        where relnamespace = 'raw'::regnamespace and relkind = 'p'
            and to_regclass(format('raw.%I', relname || '_batch')) is not null
    loop
        execute format('drop index raw.%I', log || '_batch');
        execute format(
            'create index %I on raw.%I using brin (batch_id) with (autosummarize = on, pages_per_range = 16)',
            log || '_batch', log);
    end loop;
end
$$;
