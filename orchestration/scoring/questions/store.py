"""Clusters between runs: where they lie is in the vault, what may be told of them in `ops`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from numpy.typing import NDArray

from orchestration.scoring.embedding import MOST_CHARACTERS, Vectors, embedder, pack, unpack
from orchestration.scoring.questions.clusters import FEWEST, MOST_APART, Clusters, Places
from orchestration.scoring.questions.space import (
    FEWEST_TEXTS,
    MOST_TEXTS,
    Space,
    learn_space,
    plain,
)
from orchestration.scoring.reading import Target, bodies, keep_vectors

Session = psycopg.Connection[Any]
_GROWTH = 4
_MOST_MEMBERS = 200
_TOGETHER = 100  # clusters whose members are read at once

_LOCK = "select pg_advisory_xact_lock(hashtext('question clusters'), hashtext(%s))"
_SPACE = """
    select rarity, centre, shared, texts from vault.question_space
    where md5(workspace) = md5(%s) and model = %s"""
_NEW_SPACE = """
    insert into vault.question_space (workspace, model, rarity, centre, shared, texts)
    values (%s, %s, %s, %s, %s, %s)
    on conflict (md5(workspace)) do update set
        model = excluded.model, rarity = excluded.rarity, centre = excluded.centre,
        shared = excluded.shared, texts = excluded.texts"""
_HOW_MANY = "select count(*) from vault.cluster_question where kind = 'topic' and workspace = %s"
_SAMPLE = """
    select event_key, batch_id, ts from vault.cluster_question
    where kind = 'topic' and workspace = %s order by md5(event_key::text) limit %s"""
_MEMBERS = """
    select wanted.cluster_id, one.event_key, one.batch_id, one.ts
    from unnest(%s::text []) as wanted (cluster_id)
    cross join lateral (
        select * from vault.cluster_question
        where cluster_question.cluster_id = wanted.cluster_id order by ts desc, event_key limit %s
    ) as one"""
_CLUSTERS = """
    select cluster_id, vector_sum, questions
    from ops.question_cluster inner join vault.question_cluster using (cluster_id)
    where kind = %s and workspace = %s
    order by first_asked_at, cluster_id"""
_NEW_CLUSTERS = """
    insert into ops.question_cluster (cluster_id, kind, workspace, first_asked_at)
    select unnest(%s::text []), %s, %s, unnest(%s::timestamptz [])
    on conflict do nothing"""
_KEEP = """
    insert into vault.question_cluster (cluster_id, vector_sum, questions)
    select unnest(%b::text []), unnest(%b::bytea []), unnest(%b::bigint [])
    on conflict (cluster_id)
    do update set vector_sum = excluded.vector_sum, questions = excluded.questions"""
_KNOWN = """
    select event_key, cluster_id from vault.cluster_question
    where kind = %s and event_key = any(%s)"""
_APART = """
    select one.event_key, one.batch_id, one.ts, one.subject_ref, one.query_id, subject.outside_id,
        kept.vector
    from vault.cluster_question as one
    left join vault.subject on one.subject_ref = subject.subject_ref
    left join vault.embedding as kept
        on one.event_key = kept.event_key and kept.field = 'query_text' and kept.model = %s
    where one.kind = %s and md5(one.workspace) = md5(%s) and one.cluster_id is null
    order by one.ts desc, one.event_key limit %s"""
_FORGET = """
    delete from vault.embedding
    where event_key = any(%s) and field = 'query_text' and model like 'space:%%'"""
_FORGET_SPACES = """
    delete from vault.embedding
    where workspace = %s and field = 'query_text' and model like 'space:%%'"""
_PLACE = """
    insert into vault.cluster_question
        (kind, event_key, cluster_id, batch_id, ts, workspace, subject_ref, query_id)
    select %s, unnest(%s::uuid []), unnest(%s::text []), unnest(%s::bigint []),
        unnest(%s::timestamptz []), %s, unnest(%s::uuid []), unnest(%s::text [])
    on conflict (kind, event_key) do update set cluster_id = excluded.cluster_id"""
_MERGE = """
    with merged as (select unnest(%(gone)s::text []) as gone, unnest(%(into)s::text []) as kept),
    told as (
        update ops.question_cluster as one
        set merged_into = coalesce(parent.merged_into, kept)
        from merged inner join ops.question_cluster as parent on merged.kept = parent.cluster_id
        where one.cluster_id = gone or one.merged_into = gone
    ),
    moved as (
        update vault.cluster_question as one set cluster_id = kept from merged
        where one.cluster_id = gone
    )
    delete from vault.question_cluster using merged where cluster_id = gone"""


@dataclass
class Placed:
    """Which cluster each target is in, or None, and how alike it is to it. `later`: questions that
    had waited apart, and are in a cluster now."""

    clusters: list[str | None]
    likeness: NDArray[np.float32]
    later: list[tuple[Target, str, float]] = field(default_factory=list)


@dataclass(frozen=True)
class _Apart:
    targets: list[Target]
    vectors: Vectors


def place(
    session: Session,
    kind: str,
    targets: Sequence[Target],
    texts: Sequence[str | None],
    tell: Callable[[Placed], None],
    founds: NDArray[np.bool_] | None = None,
) -> Placed:
    """Questions of one workspace into its clusters. Only those of `founds` (else all) count in a
    cluster, or make a new one; the others are told which they are nearest to. Twice is as once.

    What `tell` lands of it has landed before it is kept: a question that waited apart is met once.
    """
    workspace = targets[0].workspace
    with session.transaction():
        lock(session, workspace)
        space = _space(session, workspace)
        clusters = _load(session, kind, workspace)
        known = dict(session.execute(_KNOWN, (kind, [one.event_key for one in targets])).fetchall())
        inside = space.vectors(texts)
        best, likeness = clusters.nearest(inside)
        fresh = inside.any(axis=1) & np.array([one.event_key not in known for one in targets])
        if founds is not None:
            fresh &= founds
        clusters.join(np.where(fresh, best, -1), inside)
        lonely = np.flatnonzero(fresh & (best < 0))
        apart = _apart(session, space, kind, workspace, MOST_APART - len(lonely))
        everyone = _Apart(
            [*(targets[at] for at in lonely.tolist()), *apart.targets],
            np.vstack([inside[lonely], apart.vectors]),
        )
        where, near = _gather(clusters, kind, everyone, len(lonely))
        best[lonely], likeness[lonely] = where[: len(lonely)], near[: len(lonely)]
        names = [clusters.ids[at] if at >= 0 else None for at in best.tolist()]
        later = [
            (everyone.targets[at], clusters.ids[where[at]], float(near[at]))
            for at in range(len(lonely), len(where))
            if where[at] >= 0
        ]
        placed = [(targets[at], names[at]) for at in np.flatnonzero(fresh).tolist()]
        placed += [(one, name) for one, name, _ in later]
        _write(session, kind, workspace, clusters, placed)
        _wait(session, space, targets, inside, lonely[where[: len(lonely)] < 0])
        _wait_no_more(session, [one.event_key for one, _, _ in later])
        # A question keeps the cluster that it was put in, also where another has come nearer since.
        kept = [known.get(one.event_key) or name for one, name in zip(targets, names, strict=True)]
        found = Placed(kept, likeness, later)
        tell(found)
    return found


def survey(session: Session, workspace: str, texts: Sequence[str | None]) -> None:
    """Learns the workspace's space anew whenever it has four times the questions, up to a limit.
    Clusters keep their ids and their members, and are moved to where those lie now."""
    with session.transaction():
        lock(session, workspace)
        before = _space(session, workspace).texts
        row = session.execute(_HOW_MANY, (workspace,)).fetchone()
        have = min(MOST_TEXTS, len(texts) + (row[0] if row else 0))
        if have < FEWEST_TEXTS or have < _GROWTH * before:
            return
        stored = session.execute(_SAMPLE, (workspace, max(MOST_TEXTS - len(texts), 0))).fetchall()
        space = learn_space([*texts[:MOST_TEXTS], *_texts(session, stored)])
        session.execute(_NEW_SPACE, (
            workspace, embedder().name, space.rarity.astype("<f2").tobytes(),
            space.centre.astype("<f4").tobytes(), space.shared.astype("<f4").tobytes(), have,
        ))  # fmt: skip
        session.execute(_FORGET_SPACES, (workspace,))
        for kind in ("topic", "gap"):
            clusters = _load(session, kind, workspace)
            for start in range(0, len(clusters.ids), _TOGETHER):
                _move(session, space, clusters, range(len(clusters.ids))[start : start + _TOGETHER])
            _keep(session, clusters, clusters.ids)


def merge(session: Session, kind: str, workspace: str) -> dict[str, str]:
    """Clusters that have grown alike: gone -> into."""
    with session.transaction():
        lock(session, workspace)
        clusters = _load(session, kind, workspace)
        gone = clusters.merge()
        if gone:
            _keep(session, clusters, clusters.ids)
            session.execute(_MERGE, {"gone": list(gone), "into": list(gone.values())})
    return gone


def _move(session: Session, space: Space, clusters: Clusters, places: range) -> None:
    """Some clusters to where their members lie in a new space."""
    place = {clusters.ids[at]: at for at in places}
    rows = session.execute(_MEMBERS, (list(place), _MOST_MEMBERS)).fetchall()
    vectors = space.vectors(_texts(session, [row[1:] for row in rows]))
    owner = np.array([place[row[0]] for row in rows], np.intp)
    for at in np.unique(owner).tolist():
        clusters.sums[at] = vectors[owner == at].mean(axis=0) * clusters.sizes[at]


def _texts(session: Session, rows: Sequence[Any]) -> list[str | None]:
    """In the order of (key, batch, time); None where a text is gone."""
    session.execute("set local enable_nestloop = off")
    found = bodies(session, "query_text", rows, MOST_CHARACTERS)
    session.execute("set local enable_nestloop = on")
    return [found.get(row[0]) for row in rows]


def _gather(
    clusters: Clusters, kind: str, everyone: _Apart, new: int
) -> tuple[Places, NDArray[np.float32]]:
    """Those in no cluster, new ones and then ones that wait: into what has come near, or together."""
    where, near = clusters.nearest(everyone.vectors)
    where[:new] = -1  # looked at before; what grew since is for the next run
    clusters.join(where, everyone.vectors)
    left = np.flatnonzero(where < 0)
    if len(left) >= FEWEST:
        found = clusters.found(
            everyone.vectors[left],
            lambda some: _name(kind, [everyone.targets[left[at]] for at in some.tolist()]),
        )
        where[left] = found
        means = clusters.sums / np.maximum(clusters.sizes, 1)[:, None].astype(np.float32)
        fresh = left[found >= 0]
        near[fresh] = (everyone.vectors[fresh] * means[where[fresh]]).sum(axis=1)
    return where, near


def _name(kind: str, members: Sequence[Target]) -> str:
    """By its first question, so that whoever finds the same cluster gives it the same id."""
    first = min(members, key=lambda one: (one.ts, one.event_key))
    digest = blake2b(f"{kind} {first.event_key.hex}".encode(), digest_size=6).hexdigest()
    return f"{kind}-{digest}"


def lock(session: Session, workspace: str) -> None:
    session.execute(_LOCK, (workspace,))


def _space(session: Session, workspace: str) -> Space:
    row = session.execute(_SPACE, (workspace, embedder().name)).fetchone()
    if row is None:
        return plain()
    rarity, centre, shared = (np.frombuffer(packed, kind).astype(np.float32) for packed, kind in (
        (row[0], "<f2"), (row[1], "<f4"), (row[2], "<f4"),
    ))  # fmt: skip
    return Space(rarity, centre, shared.reshape(-1, len(centre)), row[3])


def _load(session: Session, kind: str, workspace: str) -> Clusters:
    rows = session.execute(_CLUSTERS, (kind, workspace)).fetchall()
    sums = np.frombuffer(b"".join(row[1] for row in rows), "<f4").astype(np.float32)
    sizes = np.array([row[2] for row in rows], np.int64)
    return Clusters(embedder().dimensions, [row[0] for row in rows], sums, sizes)


def _apart(session: Session, space: Space, kind: str, workspace: str, most: int) -> _Apart:
    """Those that wait, newest first. Their vectors are kept, since texts are dear to find; and since
    they hold in one space only, the space is in their name."""
    wanted = (_model(space), kind, workspace, max(most, 0))
    rows = session.execute(_APART, wanted).fetchall()
    targets = [
        Target(key, key, query_id, batch_id, ts, workspace, outside, subject)
        for key, batch_id, ts, subject, query_id, outside, _ in rows
    ]
    vectors = np.zeros((len(rows), embedder().dimensions), np.float32)
    known = np.array([row[6] is not None for row in rows], bool)
    vectors[known] = unpack([row[6] for row in rows if row[6] is not None], embedder().dimensions)
    new = np.flatnonzero(~known)
    vectors[new] = space.vectors(_texts(session, [rows[at][:3] for at in new.tolist()]))
    _wait(session, space, targets, vectors, new)
    return _Apart(targets, vectors)


def _wait(
    session: Session, space: Space, targets: Sequence[Target], vectors: Vectors, places: Places
) -> None:
    some = [targets[at] for at in places.tolist()]
    keep_vectors(session, "query_text", _model(space), some, pack(vectors[places]))


def _wait_no_more(session: Session, keys: Sequence[UUID]) -> None:
    session.execute(_FORGET, (list(keys),))


def _model(space: Space) -> str:
    """Of vectors that hold in this space only."""
    return f"space:{embedder().name}:{space.texts}"


def _write(
    session: Session,
    kind: str,
    workspace: str,
    clusters: Clusters,
    placed: Sequence[tuple[Target, str | None]],
) -> None:
    first: dict[str, datetime] = {}
    for one, name in placed:
        if name is not None:
            first[name] = min(first.get(name, one.ts), one.ts)
    session.execute(_NEW_CLUSTERS, (list(first), kind, workspace, list(first.values())))
    _keep(session, clusters, list(first))
    columns = list(zip(*((one.event_key, name, one.batch_id, one.ts, one.subject_ref, one.query_id)
                         for one, name in placed), strict=True))  # fmt: skip
    if columns:
        keys, names, batches, times, people, queries = (list(column) for column in columns)
        session.execute(_PLACE, (kind, keys, names, batches, times, workspace, people, queries))


def _keep(session: Session, clusters: Clusters, names: Sequence[str]) -> None:
    place = {name: at for at, name in enumerate(clusters.ids)}
    session.execute(
        _KEEP,
        (
            list(names),
            [clusters.sums[place[name]].astype("<f4").tobytes() for name in names],
            [int(clusters.sizes[place[name]]) for name in names],
        ),
    )
