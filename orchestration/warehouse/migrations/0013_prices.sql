-- Prices land like any other log: who knew what, and since when, is then in the ledger.

create table raw.price_log (
    event_key uuid not null,
    batch_id bigint not null,
    line_no bigint not null,
    event_id text not null,
    ts timestamptz not null,
    workspace text not null,
    source text not null,
    environment text,
    release text,
    region text,
    project text,
    task_id text,
    trace_id text,
    span_id text,
    parent_span_id text,
    session_id text,
    subject_ref uuid,
    attributes jsonb,
    model text not null,
    origin text not null,
    valid_from timestamptz not null,
    provider text,
    service_tier text,
    for_workspace text,
    valid_to timestamptz,
    above_input_tokens bigint not null,
    tier_mode text,
    withdrawn boolean not null,
    input_price numeric,
    cache_read_price numeric,
    cache_write_price numeric,
    cache_write_1h_price numeric,
    audio_input_price numeric,
    image_input_price numeric,
    output_price numeric,
    reasoning_price numeric,
    audio_output_price numeric,
    request_price numeric,
    tool_call_price numeric
) partition by range (ts);
create index price_log_batch on raw.price_log using brin (batch_id) with (autosummarize = on, pages_per_range = 16);
create index price_log_name on raw.price_log (model);

alter table landing.batch drop constraint batch_reader_check;
alter table landing.batch add constraint batch_reader_check
    check (reader in ('file', 'stdin', 'inbox', 'replay', 'score', 'prices'));
