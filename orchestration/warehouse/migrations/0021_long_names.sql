-- An index entry holds 2,700 bytes, a name of a producer any number. Nothing reads raw prices by their model.
drop index raw.price_log_name;

alter table vault.question_space drop constraint question_space_pkey;
create unique index question_space_workspace on vault.question_space (md5(workspace));

drop index vault.cluster_question_apart;
create index cluster_question_apart on vault.cluster_question (kind, md5(workspace), ts desc)
where cluster_id is null;
