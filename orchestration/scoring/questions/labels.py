"""Names for clusters: the title of the owner's document that lies nearest, else terms of many people.

A term is told only when at least three different people used it. Never an example, never a number.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import numpy as np
import psycopg

from orchestration.scoring.embedding import Vectors, embedder, unpack
from orchestration.scoring.questions.texts import words

Session = psycopg.Connection[Any]
FEWEST_PEOPLE = 3
MOST_TERMS = 3
# Of a title's likeness to the middle of a topic. Below, the nearest document is merely the nearest.
TITLE_FITS = 0.5
_MEMBERS = 200
_BACKGROUND = 2_000
_TITLES = 2_000
_SHORTEST = 3

_TEXTS = """
    select one.cluster_id, one.subject_ref, left(text.body, 1000)
    from unnest(%s::text []) as wanted (cluster_id)
    cross join lateral (
        select * from vault.cluster_question
        where cluster_question.cluster_id = wanted.cluster_id
        order by ts desc, event_key limit %s
    ) as one
    inner join vault.text
        on
            one.event_key = text.event_key and one.batch_id = text.batch_id and one.ts = text.ts
            and text.field = 'query_text'"""
_OTHERS = """
    select null, one.subject_ref, left(text.body, 1000)
    from (
        select * from vault.cluster_question
        where kind = %s and workspace = %s order by md5(event_key::text) limit %s
    ) as one
    inner join vault.text
        on
            one.event_key = text.event_key and one.batch_id = text.batch_id and one.ts = text.ts
            and text.field = 'query_text'"""
_TITLES_OF = """
    select distinct title from raw.document_log
    where workspace = %s and title is not null and change is distinct from 'removed' limit %s"""
_MIDDLES = """
    select vector.vector
    from (
        select event_key from vault.cluster_question where cluster_id = %s
        order by ts desc, event_key limit %s
    ) as one
    inner join vault.embedding as vector using (event_key)
    where vector.field = 'query_text' and vector.model = %s"""
_NAME = """
    update ops.question_cluster set label = named.label, label_source = named.source
    from (
        select unnest(%s::text []) as cluster_id, unnest(%s::text []) as label,
            unnest(%s::text []) as source
    ) as named
    where question_cluster.cluster_id = named.cluster_id"""

Uses = dict[str, set[UUID]]  # term -> the people who used it


def name_clusters(session: Session, kind: str, workspace: str, names: Iterable[str]) -> None:
    """Also takes a name away that no longer has enough people behind it."""
    wanted = sorted(names)
    if not wanted:
        return
    uses: dict[str, Uses] = {name: {} for name in wanted}
    for name, person, text in session.execute(_TEXTS, (wanted, _MEMBERS)):
        _use(uses[name], person, text)
    everyone: Uses = {}
    for _, person, text in session.execute(_OTHERS, (kind, workspace, _BACKGROUND)):
        _use(everyone, person, text)
    # A gap is what no document is about, so that the nearest title would name something else.
    titles = _titles(session, workspace, wanted) if kind == "topic" else {}
    people = len(set().union(*everyone.values())) if everyone else 0
    common = {term: (len(users) + 1) / (people + 2) for term, users in everyone.items()}
    rare = 1 / (people + 2)
    labels = [titles.get(name) or terms(uses[name], common, rare) for name in wanted]
    sources = [
        None if label is None else "document" if name in titles else "terms"
        for name, label in zip(wanted, labels, strict=True)
    ]
    session.execute(_NAME, (wanted, labels, sources))


def terms(uses: Uses, common: dict[str, float], rare: float) -> str | None:
    """Those that its people use and others do not, most telling first. `common`: the share of all
    people that use a term, `rare` for one that is not among them."""
    people = len(set().union(*uses.values())) if uses else 0
    worth: dict[str, float] = {}
    for term, users in uses.items():
        if len(users) < FEWEST_PEOPLE:
            continue
        share = len(users) / people
        usual = common.get(term, rare)
        worth[term] = share * float(np.log(share / usual)) if share > usual else 0.0
    chosen = sorted((term for term in worth if worth[term] > 0), key=lambda term: (-worth[term], term))
    return ", ".join(chosen[:MOST_TERMS]) or None


def _use(uses: Uses, person: UUID | None, text: str) -> None:
    if person is None:
        return  # nobody can say whether nameless questions come from one person or from many
    for word in set(words(text)):
        if len(word) >= _SHORTEST and word.isalpha():
            uses.setdefault(word, set()).add(person)


def _titles(session: Session, workspace: str, names: Sequence[str]) -> dict[str, str]:
    rows = session.execute(_TITLES_OF, (workspace, _TITLES)).fetchall()
    if not rows:
        return {}
    titles = sorted(row[0] for row in rows)
    model = embedder()
    vectors = model.embed(titles)
    found: dict[str, str] = {}
    free: dict[str, float] = defaultdict(float)
    for name in names:
        packed = session.execute(_MIDDLES, (name, _MEMBERS, model.name)).fetchall()
        middle = _middle([row[0] for row in packed], model.dimensions)
        likeness = vectors @ middle
        best = int(likeness.argmax())
        # One title for one topic, for the one that it fits best.
        if likeness[best] >= TITLE_FITS and likeness[best] > free[titles[best]]:
            found = {other: title for other, title in found.items() if title != titles[best]}
            found[name], free[titles[best]] = titles[best], float(likeness[best])
    return found


def _middle(packed: Sequence[bytes], dimensions: int) -> Vectors:
    total = unpack(packed, dimensions).sum(axis=0)
    length = float(np.linalg.norm(total))
    return np.asarray(total / length if length > 0 else total, np.float32)
