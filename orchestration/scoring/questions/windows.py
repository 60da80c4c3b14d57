"""What learners of questions share: a lesson's queries by workspace, and the line that each gets."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestration.scoring.learner import Evaluation, Lesson
from orchestration.scoring.reading import Target, read
from orchestration.scoring.scorer import Turns

_BATCHES = """
    select batch_id, lines from ops.admitted_batch inner join landing.batch using (batch_id)
    where
        seq > %s and seq <= %s and accepted_by_kind ?| array['query', 'retrieval']
    order by seq"""
# Whose texts are read later, in chunks: a workspace's questions should come together, not in crumbs.
_MOST_LINES = 50_000


def new_queries(lesson: Lesson, columns: Sequence[str]) -> Iterator[tuple[list[Target], Turns]]:
    """The lesson's queries in chunks of one workspace each."""
    rows = lesson.session.execute(_BATCHES, (lesson.seq_from, lesson.seq_to)).fetchall()
    done = 0
    while rows:
        batches: list[int] = []
        lines = 0
        while rows and (not batches or lines + rows[0][1] <= _MOST_LINES):
            batch, size = rows.pop(0)
            batches.append(batch)
            lines += size
        for targets, turns in read(
            lesson.session, batches, lesson.seq_from, columns, by_workspace=True
        ):
            yield from _by_workspace(targets, turns)
        done += len(batches)
        lesson.say(done, done + len(rows))


def line(
    target: Target, metrics: dict[str, float], label: str | None, event_id: str | None = None
) -> Evaluation:
    """`event_id` for a second thought within one lesson: the first was landed under the engine's."""
    said: Evaluation = {
        "target_type": "query",
        "target_id": target.query_id,
        "ts": target.ts.isoformat(),
        "workspace": target.workspace,
        "user_id": target.user_id,
        "metrics": {name: round(value, 4) for name, value in metrics.items() if value == value},
        "label": label,
    }
    return said if event_id is None else said | {"event_id": event_id}


def _by_workspace(targets: list[Target], turns: Turns) -> Iterator[tuple[list[Target], Turns]]:
    spaces = np.array([target.workspace for target in targets])
    for space in np.unique(spaces):
        places = np.flatnonzero(spaces == space)
        yield (
            [targets[at] for at in places.tolist()],
            Turns({name: _some(column, places) for name, column in turns.columns.items()}),
        )


def _some(column: Any, places: NDArray[np.intp]) -> Any:
    if isinstance(column, np.ndarray):
        return column[places]
    return [column[at] for at in places.tolist()]
