-- Other systems' tables are read through the same door, and from where the last time ended.

alter table landing.batch drop constraint batch_reader_check;
alter table landing.batch add constraint batch_reader_check
    check (reader in ('file', 'stdin', 'inbox', 'replay', 'score', 'prices', 'database'));

create table landing.import_mark (
    source text not null,
    place text not null,
    log text not null,
    seen_to timestamptz not null,
    marked_at timestamptz not null default clock_timestamp(),
    primary key (source, place, log)
);
comment on table landing.import_mark is
    'Up to where a table of another system has landed: by the moments of its own rows. Reading begins a while before.';
