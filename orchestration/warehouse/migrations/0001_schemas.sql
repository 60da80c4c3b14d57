create schema if not exists landing;
comment on schema landing is
    'The way in: inbox, ledger of batches, keys, conflicts and quarantined lines.';

create schema if not exists raw;
comment on schema raw is
    'Typed logs as they landed, one table a log; holds no text and no outside identity.';

create schema if not exists vault;
comment on schema vault is
    'Texts and people''s outside ids, apart from everything else; only few may read it.';

create schema if not exists ops;
comment on schema ops is
    'How the warehouse runs: migrations, refreshes, checks.';
