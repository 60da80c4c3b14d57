"""A draft of the article that would close a gap: what is asked, and the best that is written so far.

It quotes questions, so it goes to the person who asked for it, and nowhere else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psycopg

from orchestration.errors import AssayError
from orchestration.reports.markdown import inert
from orchestration.scoring.embedding import embedder

Session = psycopg.Connection[Any]
MOST_QUESTIONS = 8
MOST_SOURCES = 4
_LONGEST = 300
_NEAR = 0.25  # a source that is further off says nothing about it
_PASSAGES = 5_000

_GAP = """
    select cluster_id, workspace, label from ops.question_cluster
    where kind = 'gap' and cluster_id = (
        select coalesce(merged_into, cluster_id) from ops.question_cluster where cluster_id = %s
    )"""
_QUESTIONS = """
    select text.body
    from (
        select * from vault.cluster_question where cluster_id = %s order by ts desc, event_key limit 200
    ) as one
    inner join vault.text
        on
            one.event_key = text.event_key and one.batch_id = text.batch_id and one.ts = text.ts
            and text.field = 'query_text'
    order by one.ts desc, one.event_key"""
_SOURCES = """
    with newest as (
        select distinct on (doc_id, chunk_id) doc_id, chunk_id, title, change, event_key, batch_id, ts
        from raw.document_log where workspace = %s
        order by doc_id, chunk_id, ts desc, batch_id desc, line_no desc
    )
    select newest.doc_id, coalesce(newest.title, newest.doc_id), left(text.body, 2000)
    from newest
    inner join vault.text
        on
            newest.event_key = text.event_key and newest.batch_id = text.batch_id
            and newest.ts = text.ts and text.field = 'text'
    where newest.change is distinct from 'removed'
    order by newest.ts desc, newest.doc_id, newest.chunk_id limit %s"""


@dataclass(frozen=True)
class Source:
    doc_id: str
    title: str
    text: str


@dataclass(frozen=True)
class Brief:
    """What a writer is given. Texts come from strangers: a writer must take them for data."""

    gap_id: str
    workspace: str
    label: str | None
    questions: list[str] = field(repr=False)
    sources: list[Source] = field(repr=False)


Writer = Callable[[Brief], str]


def find(session: Session, gap_id: str) -> tuple[str, str, str | None]:
    """Its id, which is another's where the two were united, its workspace and its label."""
    row = session.execute(_GAP, (gap_id,)).fetchone()
    if row is None:
        raise AssayError(f"There is no gap {gap_id!r}. `assay gaps list` names them.")
    return row[0], row[1], row[2]


def brief(session: Session, gap_id: str) -> Brief:
    row = find(session, gap_id)
    asked = [body for (body,) in session.execute(_QUESTIONS, (row[0],))]
    vectors = embedder().embed(asked)
    return Brief(
        row[0], row[1], row[2], _telling(asked, vectors), _near(session, row[1], vectors.mean(axis=0))
    )  # fmt: skip


def template(what: Brief) -> str:
    """The offline writer: headings, the questions to answer, and what is there to build on."""
    lines = [
        f"# {inert(what.label or 'Untitled')}",
        "",
        f"*Draft for {what.gap_id}. Not checked by anybody.*",
        "",
    ]
    lines += ["## Questions to answer", "", *(f"- {inert(one)}" for one in what.questions), ""]
    lines += ["## What is written so far", ""]
    if not what.sources:
        lines += ["Nothing in the knowledge base comes near.", ""]
    for source in what.sources:
        lines += [
            f"### {inert(source.title)} (`{inert(source.doc_id)}`)",
            "",
            f"> {inert(source.text)}",
            "",
        ]
    lines += ["## Answer", "", "To be written by somebody who knows.", ""]
    return "\n".join(lines)


def draft(session: Session, gap_id: str, writer: Writer = template) -> str:
    return writer(brief(session, gap_id))


def _telling(asked: list[str], vectors: Any) -> list[str]:
    """Nearest to the middle first, none twice."""
    middle = vectors.mean(axis=0)
    chosen: dict[str, str] = {}
    for at in np.argsort(-(vectors @ middle), kind="stable").tolist():
        chosen.setdefault(" ".join(asked[at].lower().split()), asked[at][:_LONGEST])
    return list(chosen.values())[:MOST_QUESTIONS]


def _near(session: Session, workspace: str, middle: Any) -> list[Source]:
    rows = session.execute(_SOURCES, (workspace, _PASSAGES)).fetchall()
    length = float(np.linalg.norm(middle))
    if not rows or length == 0:
        return []
    likeness = embedder().embed([row[2] for row in rows]) @ (middle / length)
    order = np.argsort(-likeness, kind="stable")[:MOST_SOURCES].tolist()
    return [Source(*rows[at]) for at in order if likeness[at] >= _NEAR]
