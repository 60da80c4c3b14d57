-- Scoring reads logs and texts, and lands what it finds as `evaluation` lines like any other log.

alter table landing.batch drop constraint batch_reader_check;
alter table landing.batch add constraint batch_reader_check
    check (reader in ('file', 'stdin', 'inbox', 'replay', 'score'));

create table ops.scorer (
    scorer text not null,
    version text not null,
    seq bigint not null,
    primary key (scorer, version)
);
comment on table ops.scorer is
    'How far each version of each scorer has come: every admitted batch up to seq is scored.';
comment on column ops.scorer.seq is
    'Moves in the transaction that lands the scores, and only from where the scorer began: two that run'
    ' at once do the work once.';

create table ops.retrieved (
    query_ref uuid not null,
    batch_id bigint not null,
    primary key (query_ref, batch_id)
);
comment on table ops.retrieved is
    'Which batches hold retrievals of a query, where they may come before or after it. Written by scoring,'
    ' so that landing needs no index for it.';

-- Scores of a query are read by the query.
create index evaluation_log_target on raw.evaluation_log ((md5(workspace || chr(31) || target_id)::uuid));

-- Half-precision floats, little-endian: a comparison reads a quarter of what `real []` takes, and ranks alike.
drop table vault.embedding;
create table vault.embedding (
    event_key uuid not null,
    field text not null,
    model text not null,
    batch_id bigint not null,
    ts timestamptz not null,
    workspace text not null,
    subject_ref uuid,
    vector bytea not null,
    primary key (event_key, field, model)
);
create index embedding_batch on vault.embedding using brin (batch_id) with (autosummarize = on);
comment on table vault.embedding is 'Embeddings of texts; as telling as the texts themselves.';
comment on column vault.embedding.vector is 'Half-precision floats, little-endian, of length one.';
