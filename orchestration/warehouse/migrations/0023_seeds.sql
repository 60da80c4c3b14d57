-- The standing table of a seed with the columns that its file has now. Views stand on it, so it is altered and
-- never dropped: a column that the file has no more stays, empty. Its rows are about to be replaced.
create function ops.shape_seed(name text, columns text[], types text[]) returns void language plpgsql as $$
declare
    one record;
begin
    execute format('delete from %s', name);
    for one in
        with wanted as (
            select place, attname, format_type(to_regtype(type), null) as type
            from unnest(columns, types) with ordinality as given (attname, type, place)
        ),
        standing as (
            select attname, format_type(atttypid, null) as type
            from pg_attribute where attrelid = name::regclass and attnum > 0 and not attisdropped
        )
        select case
                when standing.attname is null then format('add column %I %s', wanted.attname, wanted.type)
                else format('alter column %I type %s using null', wanted.attname, wanted.type)
            end as action
        from wanted left join standing using (attname)
        where wanted.type is distinct from standing.type
        order by wanted.place
    loop
        perform ops.run_without_queueing(format('alter table %s %s', name, one.action));
    end loop;
end
$$;

-- As before; another type of a column that a view reads is a feature that Postgres has not.
create or replace function ops.run_without_queueing(statement text) returns void language plpgsql as $$
declare
    give_up timestamptz := clock_timestamp() + interval '60 seconds';
    standing text;
begin
    loop
        begin
            set local lock_timeout = '50ms';
            execute statement;
            set local lock_timeout = 0;
            return;
        exception
            when lock_not_available then
                if clock_timestamp() > give_up then
                    raise exception 'it is being read without a pause: nothing was changed'
                        using errcode = 'lock_not_available', hint = 'Run the build again.';
                end if;
                perform pg_sleep(0.1);
            when dependent_objects_still_exist or feature_not_supported then
                get stacked diagnostics standing = pg_exception_detail;
                raise exception '%: nothing was changed', sqlerrm using
                    errcode = 'dependent_objects_still_exist',
                    detail = standing,
                    hint = 'Drop the view that stands on it (assay sql --write "drop view ... cascade"), then build '
                        'with --full-refresh: views of the project are made anew.';
        end;
    end loop;
end
$$;
