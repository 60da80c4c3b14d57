-- A table whose model promises something else than before. Indexes were only ever added and columns only ever
-- required, so that the key of a former version refused rows of this one.

-- Gives up what a model does not promise any more, of what its table was given by a build: `indexes` names those that
-- it wants, each as in `create ... index`. Says whether there was anything.
create function ops.loosen_table(name text, never_null text[], indexes text[]) returns boolean language plpgsql as $$
declare
    one record;
    loosened boolean := false;
begin
    for one in
        select format('drop index %s', indexrelid::regclass) as action
        from pg_index
        inner join pg_class as holder on holder.oid = indrelid
        inner join pg_class as made on made.oid = indexrelid
        where
            indrelid = name::regclass
            and left(made.relname, -13) = left(holder.relname, 40)
            and right(made.relname, 13) ~ '^_[0-9a-f]{12}$'
            and case when indisunique then 'unique ' else '' end || made.relname <> all(indexes)
        union all
        select format('alter table %s alter column %I drop not null', name, attname)
        from pg_attribute
        where
            attrelid = name::regclass and attnum > 0 and not attisdropped
            and attnotnull and attname <> all(never_null)
    loop
        perform ops.run_without_queueing(one.action);
        loosened := true;
    end loop;
    return loosened;
end
$$;

-- As before, less what is no longer promised. A column that must not be null is added with a value, which the fill
-- replaces: to require one afterwards would lock out readers, and wait for those who began during the fill. Where a
-- type has no such value, and where a column stands already, it is required in the end.
drop function ops.shape_table(text, text, text[], integer);
create function ops.shape_table(
    name text, definition text, measures text[], never_null text[], indexes text[], fill integer
) returns boolean language plpgsql as $$
declare
    one record;
    standing_kind "char" := (select relkind from pg_class where oid = to_regclass(name));
    stood boolean := standing_kind is not null;
    altered boolean := false;
begin
    if standing_kind = 'v' then
        raise exception '% is a view and becomes a table: nothing was changed', to_regclass(name)
            using errcode = 'wrong_object_type',
            hint = format('Drop it (assay sql --write "drop view %s"), then build again.', to_regclass(name));
    end if;
    execute format('create or replace temp view shape_probe as %s', definition);
    if stood then
        altered := ops.loosen_table(name, never_null, indexes);
    else
        execute format('create table %s () with (fillfactor = %s)', name, fill);
    end if;
    for one in
        with wanted as (
            select
                attnum,
                attname,
                case when attname = any(measures) then 'bigint' else format_type(atttypid, atttypmod) end as type,
                case when stood and attname = any(never_null) then
                    case
                        when typcategory = 'N' then '0'
                        when typcategory = 'S' then ''
                        when typcategory = 'B' then 'false'
                        when atttypid = any('{date, timestamp, timestamptz}'::regtype[]) then 'epoch'
                    end
                end as until_filled
            from pg_attribute
            inner join pg_type on pg_type.oid = atttypid
            where attrelid = 'pg_temp.shape_probe'::regclass and attnum > 0
        ),
        standing as (
            select attname, format_type(atttypid, atttypmod) as type
            from pg_attribute where attrelid = name::regclass and attnum > 0 and not attisdropped
        )
        select
            case
                when wanted.attname is null then 'drop column %2$I'
                when standing.attname is not null then
                    'alter column %2$I drop not null, alter column %2$I type %3$s using null'
                when until_filled is null then 'add column %2$I %3$s'
                else 'add column %2$I %3$s not null default %4$L; alter table %1$s alter column %2$I drop default'
            end as action,
            attname,
            wanted.type,
            until_filled
        from wanted full join standing using (attname)
        where wanted.type is distinct from standing.type
        order by wanted.attnum
    loop
        perform ops.run_without_queueing(
            format('alter table %1$s ' || one.action, name, one.attname, one.type, one.until_filled));
        altered := stood;
    end loop;
    drop view pg_temp.shape_probe;
    return altered;
end
$$;

-- Each row is looked at once, however many columns.
create or replace function ops.require_values(name text, columns text[]) returns void language plpgsql as $$
declare
    actions text := (
        select string_agg(format('alter column %I set not null', attname), ', ') from pg_attribute
        where attrelid = name::regclass and attname = any(columns) and not attnotnull
    );
begin
    if actions is not null then
        perform ops.run_without_queueing(format('alter table %s %s', name, actions));
    end if;
end
$$;

-- What was state has no refresh any more.
create or replace function ops.register_view(of_target text, of_schema text, of_name text) returns void
language plpgsql as $$
begin
    perform ops.require_living_job();
    insert into ops.model (target, schema_name, name, kind, fingerprint)
    values (of_target, of_schema, of_name, 'view', '')
    on conflict (target, schema_name, name) do update set
        kind = 'view', fingerprint = '', definition = '', reads = '{}', prepare = '{}', steps = '{}', depth = 0,
        is_stale = false, registered_at = clock_timestamp()
    where model.kind <> 'view';
end
$$;

-- As before, as often as something goes: a view may stand on a view. A view that somebody else reads stays known, and
-- goes with the first build after they did; a table is not kept up to date any more, so it is forgotten.
create or replace function ops.end_build(of_target text, models text[], checks text[]) returns void
language plpgsql as $$
declare
    gone record;
    went boolean;
    is_last boolean := false;
begin
    perform ops.lock_refresh();
    delete from ops.delta_check where target = of_target and name <> all(checks);
    loop
        went := false;
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
            begin
                perform ops.run_without_queueing(format('drop %s if exists %I.%I',
                    case gone.kind when 'view' then 'view' else 'table' end, gone.schema_name, gone.name));
                went := true;
            exception when dependent_objects_still_exist then
                continue when not is_last;
                raise warning '%.% is no longer built, but others still read it: it was left as it is',
                    gone.schema_name, gone.name;
                continue when gone.kind = 'view';
            end;
            delete from ops.model
            where target = of_target and schema_name = gone.schema_name and name = gone.name;
        end loop;
        exit when is_last;
        is_last := not went;
    end loop;
end
$$;
