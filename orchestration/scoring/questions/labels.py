"""Names for clusters: the title of the owner's document that lies nearest, else terms of many people.

A term is told only when at least three different people used it. Never an example, never a number.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import psycopg

from orchestration.scoring.embedding import Vectors, embedder, unpack
from orchestration.scoring.questions.texts import words
from orchestration.scoring.reading import bodies

Session = psycopg.Connection[Any]
FEWEST_PEOPLE = 3
MOST_TERMS = 3
# Of a title's likeness to the middle of a topic. Below, the nearest document is merely the nearest.
TITLE_FITS = 0.5
_MEMBERS = 200
_TOGETHER = 100  # clusters whose members are read at once
_MOST_CHARACTERS = 1_000
_BACKGROUND = 2_000
_TITLES = 2_000
_SHORTEST = 3

_MEMBERS_OF = """
    with parts as (
        select coalesce(merged_into, cluster_id) as topic_id, array_agg(cluster_id) as ids
        from ops.question_cluster where coalesce(merged_into, cluster_id) = any(%(wanted)s)
        group by 1
    )
    select parts.topic_id, one.event_key, one.batch_id, one.ts, one.subject_ref::text
    from parts
    cross join lateral (
        select newest.*
        from unnest(parts.ids) as part (cluster_id)
        cross join lateral (
            select * from vault.cluster_question
            where cluster_question.cluster_id = part.cluster_id
            order by ts desc, event_key limit %(most)s
        ) as newest
        order by ts desc, event_key limit %(most)s
    ) as one"""
_OTHERS = """
    select 'others', event_key, batch_id, ts, subject_ref::text from vault.cluster_question
    where kind = %s and workspace = %s order by md5(event_key::text) limit %s"""
_TITLES_OF = """
    select distinct title from raw.document_log
    where workspace = %s and title is not null and change is distinct from 'removed' limit %s"""
_VECTORS = """
    select event_key, vector from vault.embedding
    where event_key = any(%s) and field = 'query_text' and model = %s"""
_NAME = """
    update ops.question_cluster set label = named.label, label_source = named.source
    from (
        select unnest(%s::text []) as cluster_id, unnest(%s::text []) as label,
            unnest(%s::text []) as source
    ) as named
    where question_cluster.cluster_id = named.cluster_id"""

_SIZES = """
    select cluster_id, questions, label is null
    from ops.question_cluster inner join vault.question_cluster using (cluster_id)
    where cluster_id = any(%s)"""
# A name is looked for again whenever its cluster has grown by so much: texts are dear to find.
_GROWTH = 1.25

Uses = dict[str, set[str]]  # term -> the people who used it


def due(session: Session, came: Mapping[str, int]) -> set[str]:
    """Of clusters into which so many questions came, those without a name, and those that have grown
    over a border since."""
    rows = session.execute(_SIZES, (list(came),)).fetchall()
    return {name for name, size, is_nameless in rows if is_nameless or has_grown(size, came[name])}


def has_grown(size: int, came: int) -> bool:
    def borders(questions: int) -> int:
        return int(np.log(max(questions, 1)) / np.log(_GROWTH))

    return borders(size) > borders(size - came)


def name_clusters(session: Session, kind: str, workspace: str, names: Iterable[str]) -> None:
    """Also takes a name away that no longer has enough people behind it."""
    wanted = sorted(names)
    if not wanted:
        return
    # A gap is what no document is about, so that the nearest title would name something else.
    shelf = _shelf(session, workspace) if kind == "topic" else None
    uses: dict[str, Uses] = {}
    fits: dict[str, tuple[str, float]] = {}
    for start in range(0, len(wanted), _TOGETHER):
        some = wanted[start : start + _TOGETHER]
        members = session.execute(_MEMBERS_OF, {"wanted": some, "most": _MEMBERS}).fetchall()
        uses |= _uses(session, members)
        if shelf is not None:
            fits |= _fits(session, shelf, members)
    titles = _one_topic_each(fits)
    others = session.execute(_OTHERS, (kind, workspace, _BACKGROUND)).fetchall()
    everyone = _uses(session, others).get("others", {})
    people = len(set().union(*everyone.values())) if everyone else 0
    common = {term: (len(users) + 1) / (people + 2) for term, users in everyone.items()}
    rare = 1 / (people + 2)
    labels = [titles.get(name) or terms(uses.get(name, {}), common, rare) for name in wanted]
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


def _uses(session: Session, members: Sequence[tuple[Any, ...]]) -> dict[str, Uses]:
    """By cluster. Nameless questions are left out: one person may have asked them all, or many."""
    named = [row for row in members if row[4] is not None]
    with session.transaction():
        session.execute("set local enable_nestloop = off")
        texts = bodies(session, "query_text", [row[1:4] for row in named], _MOST_CHARACTERS)
    found: dict[str, Uses] = {}
    for name, key, _, _, person in named:
        uses = found.setdefault(name, {})
        for word in set(words(texts.get(key, ""))):
            if len(word) >= _SHORTEST and word.isalpha():
                uses.setdefault(word, set()).add(person)
    return found


def _shelf(session: Session, workspace: str) -> tuple[list[str], Vectors] | None:
    rows = session.execute(_TITLES_OF, (workspace, _TITLES)).fetchall()
    titles = sorted(row[0] for row in rows)
    return (titles, embedder().embed(titles)) if titles else None


def _fits(
    session: Session, shelf: tuple[list[str], Vectors], members: Sequence[tuple[Any, ...]]
) -> dict[str, tuple[str, float]]:
    """The title that is nearest to the middle of each cluster, where it is near."""
    titles, vectors = shelf
    model = embedder()
    packed = dict(session.execute(_VECTORS, ([row[1] for row in members], model.name)).fetchall())
    known = [row for row in members if row[1] in packed]
    names, owner = np.unique([row[0] for row in known], return_inverse=True)
    if not len(names):
        return {}
    sums = np.zeros((len(names), model.dimensions), np.float32)
    np.add.at(sums, owner, unpack([packed[row[1]] for row in known], model.dimensions))
    likeness = (sums / np.linalg.norm(sums, axis=1, keepdims=True)) @ vectors.T
    best = likeness.argmax(axis=1)
    return {
        str(name): (titles[at], float(row[at]))
        for name, row, at in zip(names, likeness, best.tolist(), strict=True)
        if row[at] >= TITLE_FITS
    }


def _one_topic_each(fits: dict[str, tuple[str, float]]) -> dict[str, str]:
    """One title for one topic, for the one that it fits best."""
    best: dict[str, str] = {}
    for name, (title, _) in sorted(fits.items(), key=lambda one: (one[1][1], one[0])):
        best[title] = name
    return {name: title for title, name in best.items()}
