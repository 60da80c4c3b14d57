-- Two topics whose answers cite the same passages are one, whatever language and words they are asked in.

create table ops.cluster_passage (
    cluster_id text not null references ops.question_cluster on delete cascade,
    passage_ref uuid not null,
    citations bigint not null,
    primary key (cluster_id, passage_ref)
);
comment on table ops.cluster_passage is
    'How often answers to the questions of a topic cited each passage; names neither person nor document.';
comment on column ops.cluster_passage.citations is
    'A lesson that dies and is repeated counts its citations again: what matters are the shares.';

comment on column ops.question_cluster.merged_into is
    'The cluster that its questions count in, itself not merged. One that was merged for what it cites'
    ' still takes in the questions that are like its own.';
