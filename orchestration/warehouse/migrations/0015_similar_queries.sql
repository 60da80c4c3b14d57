-- For queries that went wrong: past ones that mean about the same, and went well.

create table ops.similar_query (
    query_key uuid not null,
    place smallint not null,
    query_ref uuid not null,
    workspace text not null,
    subject_ref uuid,
    similar_key uuid not null,
    similar_ref uuid not null,
    similar_subject_ref uuid,
    similarity double precision not null,
    primary key (query_key, place)
);
comment on table ops.similar_query is
    'What the worklists may be solved with: references only. Made anew by every run of its learner.';
comment on column ops.similar_query.place is 'From 1, the most alike.';
