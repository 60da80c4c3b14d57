-- Topics and content gaps: clusters of questions that grow as questions come in.

create table ops.question_cluster (
    cluster_id text primary key,
    kind text not null check (kind in ('topic', 'gap')),
    workspace text not null,
    label text,
    label_source text check (label_source in ('document', 'terms')),
    merged_into text references ops.question_cluster on delete cascade,
    first_asked_at timestamptz not null,
    check ((label is null) = (label_source is null))
);
comment on table ops.question_cluster is
    'Every topic and every gap, under an id that stays: the clusters that grew together keep the older''s id.';
comment on column ops.question_cluster.label is
    'Title of a document, or terms that at least three people used; null where there are none. Never an example.';
comment on column ops.question_cluster.merged_into is 'The cluster that took it in, itself not merged.';

create table vault.question_cluster (
    cluster_id text primary key references ops.question_cluster on delete cascade,
    vector_sum bytea not null,
    questions bigint not null
);
comment on table vault.question_cluster is
    'Where a cluster lies: the sum of its questions'' vectors (single precision, little-endian), which tells'
    ' what was asked.';

create table vault.question_space (
    workspace text primary key,
    model text not null,
    rarity bytea not null,
    centre bytea not null,
    shared bytea not null,
    texts bigint not null
);
comment on table vault.question_space is
    'How rare words are among the questions of a workspace, and what all of them share: taken off before'
    ' they are compared.';

create table vault.cluster_question (
    kind text not null,
    event_key uuid not null,
    cluster_id text references ops.question_cluster on delete cascade,
    batch_id bigint not null,
    ts timestamptz not null,
    workspace text not null,
    subject_ref uuid,
    query_id text not null,
    primary key (kind, event_key)
);
create index cluster_question_newest on vault.cluster_question (cluster_id, ts desc);
create index cluster_question_apart on vault.cluster_question (kind, workspace, ts desc)
where cluster_id is null;
comment on table vault.cluster_question is
    'Which question is in which cluster. One with no cluster waits until enough others ask alike.';
