"""What a workspace's knowledge base covers: its passages, and the questions answered from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg

from orchestration.scoring.questions.coverage import Coverage, learn_coverage
from orchestration.scoring.questions.texts import questions

Session = psycopg.Connection[Any]
# Newest first, so that what is learned follows the product, and takes a second or so: of the batches in
# which the workspace looked something up, and not for ever where it seldom does.
_BATCHES = 60
_BATCHES_OF_ALL = 1_000
_QUESTIONS_OF_A_DOCUMENT = 40
_PASSAGES_OF_A_DOCUMENT = 4
_EXAMPLES = 3_000

_ANSWERED = """
    with newest as (
        select batch_id, seq
        from ops.admitted_batch inner join landing.batch using (batch_id)
        where seq <= %(seq)s and accepted_by_kind ? 'retrieval'
        order by seq desc limit %(batches_of_all)s
    ),
    recent as (
        select newest.batch_id
        from newest
        cross join lateral (
            select count(*) as retrievals from raw.retrieval_log
            where retrieval_log.batch_id = newest.batch_id and workspace = %(workspace)s
        ) as here
        where retrievals > 0
        order by seq desc limit %(batches)s
    ),
    cited as (
        select md5(workspace || chr(31) || query_id)::uuid as query_ref,
            document.doc_id, document.score, document.position
        from raw.retrieval_log
        inner join raw.retrieval_document as document using (event_key, batch_id, ts, workspace)
        where
            retrieval_log.batch_id = any(array(select batch_id from recent))
            and workspace = %(workspace)s and document.cited
    ),
    first as (
        select distinct on (query_ref) query_ref, doc_id, score from cited
        order by query_ref, position, doc_id
    ),
    numbered as (
        select first.doc_id, first.score, one.event_key, one.batch_id, one.ts,
            row_number() over (partition by first.doc_id order by one.ts desc, one.event_key) as nth
        from first
        inner join raw.query_log as one
            on
                first.query_ref
                = md5(one.workspace || chr(31) || coalesce(one.query_id, one.event_id))::uuid
        where one.status = 'ok' and one.refused is not true and one.answered is not false
    )
    select doc_id, score, left(text.body, 1000)
    from numbered
    inner join vault.text
        on
            numbered.event_key = text.event_key and numbered.batch_id = text.batch_id
            and numbered.ts = text.ts and text.field = 'query_text'
    where nth <= %(most)s
    order by numbered.ts desc, numbered.event_key limit %(examples)s"""
_PASSAGES = """
    with newest as (
        select distinct on (doc_id, chunk_id) doc_id, chunk_id, change, event_key, batch_id, ts
        from raw.document_log
        where workspace = %(workspace)s and batch_id in (
            select batch_id from ops.admitted_batch where seq <= %(seq)s
        )
        order by doc_id, chunk_id, ts desc, batch_id desc, line_no desc
    ),
    numbered as (
        select *, row_number() over (partition by doc_id order by chunk_id, ts desc) as nth
        from newest where change is distinct from 'removed'
    )
    select doc_id, null, left(text.body, 2000)
    from numbered
    inner join vault.text
        on
            numbered.event_key = text.event_key and numbered.batch_id = text.batch_id
            and numbered.ts = text.ts and text.field = 'text'
    where nth <= %(most)s
    order by numbered.ts desc, doc_id, chunk_id limit %(examples)s"""


@dataclass(frozen=True)
class Knowledge:
    """`coverage` is None where too little is known to be covered. `weak_below` is the score that nine
    of ten cited passages reach, NaN where scores are not logged."""

    coverage: Coverage | None
    weak_below: float
    cites: bool


def knowledge(session: Session, workspace: str, seq: int) -> Knowledge:
    """As it was known when batch number `seq` had been admitted."""
    here = {
        "workspace": workspace,
        "seq": seq,
        "batches": _BATCHES,
        "batches_of_all": _BATCHES_OF_ALL,
        "examples": _EXAMPLES // 2,
    }
    answered = session.execute(_ANSWERED, here | {"most": _QUESTIONS_OF_A_DOCUMENT}).fetchall()
    passages = session.execute(_PASSAGES, here | {"most": _PASSAGES_OF_A_DOCUMENT}).fetchall()
    scores = [row[1] for row in answered if row[1] is not None]
    return Knowledge(
        _coverage([*answered, *passages]),
        float(np.quantile(scores, 0.1)) if len(scores) >= 20 else np.nan,
        bool(answered),
    )


def _coverage(rows: Sequence[tuple[str, float | None, str]]) -> Coverage | None:
    documents = sorted({row[0] for row in rows})
    if not documents:
        return None
    place = {document: at for at, document in enumerate(documents)}
    groups = np.array([place[row[0]] for row in rows], np.intp)
    return learn_coverage(questions([row[2] for row in rows]), groups)
