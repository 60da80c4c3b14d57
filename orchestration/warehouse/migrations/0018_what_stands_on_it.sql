-- A view that reads every column of a table holds a column that its model has given up. Dropping somebody's view is
-- for them to say; then the build makes the views of the project anew.
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
            when dependent_objects_still_exist then
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
