"""Past queries that mean about what a text means, and how they ended. Exact: all vectors are read."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg

from orchestration.scoring.embedding import embedder, unpack

Session = psycopg.Connection[Any]
# Vectors held at once: 20 MB as they are compared.
BLOCK = 20_000
LIKE_ENOUGH = 0.5  # below, two questions share little but being questions

_VECTORS = """
    select event_key, vector from vault.embedding
    where field = 'query_text' and model = %s and (%s::text is null or workspace = %s)"""
_ENDINGS = """
    select query_key, workspace, event_id, occurred_at, status, coalesce(is_refused, false),
        positive_feedback, negative_feedback
    from core.fct_queries where query_key = any(%s)"""


@dataclass(frozen=True)
class Similar:
    """`ended` is good, bad or unknown: what people said of it, else whether it was answered at all."""

    similarity: float
    workspace: str
    event_id: str
    occurred_at: str
    status: str
    ended: str


def similar(session: Session, text: str, workspace: str | None = None, most: int = 10) -> list[Similar]:
    """The most alike first; none that are not alike at all."""
    model = embedder()
    wanted = model.embed([text])[0]
    if not wanted.any():
        return []
    best: list[tuple[float, Any]] = []
    with session.transaction(), session.cursor("similar", binary=True) as cursor:
        cursor.itersize = BLOCK
        cursor.execute(_VECTORS, (model.name, workspace, workspace))
        while rows := cursor.fetchmany(BLOCK):
            likeness = unpack([vector for _, vector in rows], model.dimensions) @ wanted
            few = np.argsort(-likeness, kind="stable")[:most]
            best += [(float(likeness[at]), rows[at][0]) for at in few if likeness[at] >= LIKE_ENOUGH]
            best = sorted(best, key=lambda one: (-one[0], one[1]))[:most]
    return _endings(session, best)


def _endings(session: Session, best: list[tuple[float, Any]]) -> list[Similar]:
    rows = session.execute(_ENDINGS, ([key for _, key in best],))
    known = {row[0]: row[1:] for row in rows}
    found = []
    for likeness, key in best:
        if key in known:
            space, event_id, at, status, refused, liked, disliked = known[key]
            ended = _ended(status, refused, liked, disliked)
            found.append(Similar(round(likeness, 4), space, event_id, at.isoformat(), status, ended))
    return found


def _ended(status: str, refused: bool, liked: int, disliked: int) -> str:
    if refused or status != "ok" or disliked > liked:
        return "bad"
    return "good" if liked > disliked else "unknown"
