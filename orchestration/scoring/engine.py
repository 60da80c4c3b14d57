"""Runs scorers and learners over what they have not seen, and lands what they say.

What is new is told by the numbers of admitted batches, which are handed out by whoever reads them: none
can appear behind a scorer's back. Scores and the scorer's place commit together.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import Any

import msgspec
import numpy as np
import psycopg

from orchestration import crash
from orchestration.errors import AssayError
from orchestration.landing.lander import InTransaction, Lander
from orchestration.landing.limits import Limits
from orchestration.landing.parse import Parsed, Slice, parse
from orchestration.landing.store import Origin
from orchestration.refresh.engine import refresh_all
from orchestration.scoring import registry
from orchestration.scoring.learner import Evaluation, Learner, Lesson
from orchestration.scoring.reading import Session, Target, read
from orchestration.scoring.scorer import Scorer, Scores
from orchestration.warehouse.connection import connect

Say = Callable[[str, int, int], None]  # whose progress: done, of how many
_ANY_TIME = dt.datetime.max.replace(tzinfo=dt.UTC)
_encode = msgspec.json.Encoder().encode

_NEXT = """
    select seq, batch_id, lines, byte_end - byte_start,
        accepted_by_kind ?| array['query', 'retrieval']
    from ops.admitted_batch inner join landing.batch using (batch_id)
    where seq > %s order by seq limit 1000"""
# A version that has never run goes on where the one before it stands; the past is scored on request.
_PLACE = """
    select coalesce(
        (select seq from ops.scorer where scorer = %(name)s and version = %(version)s),
        (select max(seq) from ops.scorer where scorer = %(name)s),
        0
    )"""
_MOVE = """
    insert into ops.scorer (scorer, version, seq) values (%(name)s, %(version)s, %(seq_to)s)
    on conflict (scorer, version) do update set seq = excluded.seq where scorer.seq = %(seq_from)s"""

_NEWS = """
    select count(*) from ops.admitted_batch inner join landing.batch using (batch_id)
    where seq > %(place)s and (reader <> 'score' or file = any(%(scorers)s))"""
_TO_THE_START = """
    insert into ops.scorer (scorer, version, seq) values (%(name)s, %(version)s, 0)
    on conflict (scorer, version) do update set seq = 0"""


@dataclass
class Report:
    """What a run did: lines that landed, and those that had landed before."""

    scored: int = 0
    landed: int = 0
    repeated: int = 0
    by_scorer: dict[str, int] = field(default_factory=dict)


class OvertakenError(Exception):
    """Another run scored the same batches first; what this one did is thrown away."""


@dataclass
class Scoring:
    """One run. `session` reads; the lander writes, in transactions of its own."""

    session: Session
    lander: Lander
    say: Say = lambda *_: None
    report: Report = field(default_factory=Report)

    def run(self, names: Sequence[str], again: bool = False) -> Report:
        scorers = [registry.scorer(name) for name in names if name in registry.SCORERS]
        learners = [registry.learner(name) for name in names if name in registry.LEARNERS]
        if again:
            everyone: list[Scorer | Learner] = [*scorers, *learners]
            for one in everyone:
                self.session.execute(_TO_THE_START, {"name": one.name, "version": one.version})
        for scorer in scorers:
            self._catch_up(scorer)
        for learner in learners:
            self._learn(learner)
        return self.report

    def _catch_up(self, scorer: Scorer) -> None:
        newest = self._newest()
        while True:
            place = self._place(scorer)
            self.say(scorer.name, place, newest)
            window = _window(self.session, place)
            if window is None:
                return
            seq_to, batches = window
            lines: list[bytes] = []
            if batches:
                for targets, turns in read(self.session, batches, place, scorer.reads):
                    lines += evaluations(scorer, targets, scorer.score(turns))
                    self.report.scored += len(targets)
            try:
                self._land(scorer.name, lines, partial(_move, scorer, place, seq_to))
            except OvertakenError:
                continue

    def _learn(self, learner: Learner) -> None:
        place, newest = self._place(learner), self._newest()
        # What learners said is no news, or they would keep each other busy for ever.
        heard = {"place": place, "scorers": list(registry.SCORERS)}
        if not _number(self.session, _NEWS, heard):
            return
        lesson = Lesson(
            self.session,
            place,
            newest,
            lambda said: self._land(learner.name, _learned(learner, newest, said)),
            partial(self.say, learner.name),
        )
        learner.learn(lesson)
        try:
            self._land(learner.name, (), partial(_move, learner, place, newest))
        except OvertakenError:
            return  # it said the same

    def _place(self, one: Scorer | Learner) -> int:
        return _number(self.session, _PLACE, {"name": one.name, "version": one.version})

    def _newest(self) -> int:
        return _number(self.session, "select coalesce(max(seq), 0) from ops.admitted_batch", {})

    def _land(
        self,
        name: str,
        lines: Iterable[bytes],
        finish: Callable[[psycopg.Connection[Any]], None] | None = None,
    ) -> None:
        """Every line, in as many batches as they fill; `finish` commits with the last."""
        slices = list(_slices(lines, self.lander.limits))
        for place, some in enumerate(slices, start=1):
            also = _alone(finish) if finish is not None and place == len(slices) else None
            counts = self.lander.commit(self._parsed(name, some), Origin("score", name), also)
            self.report.landed += counts.accepted
            self.report.repeated += counts.duplicate + counts.conflict
            self.report.by_scorer[name] = self.report.by_scorer.get(name, 0) + counts.accepted
        if finish is not None and not slices:
            with self.lander.connection().transaction():
                finish(self.lander.connection())

    def _parsed(self, name: str, lines: list[bytes]) -> Parsed:
        # A score has the time of what it judges, and that was taken: maybe with other limits than ours.
        parsed = parse(Slice(1, 0, lines), self.lander.limits, latest=_ANY_TIME)
        if parsed.refused:
            refused = parsed.refused[0][1]
            raise AssayError(
                f"{name} said what no log may hold ({refused.reason.name} at {refused.path})."
            )
        return parsed


def score(names: Sequence[str] = (), again: bool = False, say: Say = lambda *_: None) -> Report:
    """What `assay score` and Dagster do; all scorers and learners where none is named.

    Only what a refresh admitted is scored, and learners read what another one made of the scores.
    """
    chosen = registry.chosen(names)
    with (
        closing(connect(autocommit=True, application_name="assay score")) as session,
        Lander() as lander,
    ):
        scoring = Scoring(session, lander, say)
        for some in (registry.SCORERS, registry.LEARNERS):
            refresh_all(session)
            scoring.run([name for name in chosen if name in some], again)
        refresh_all(session)
    return scoring.report


def evaluations(scorer: Scorer, targets: Sequence[Target], scores: Scores) -> list[bytes]:
    """A line for every target that was judged. It carries the time of what it judges, so that whoever
    scores the same again says the same."""
    if unknown := set(scores.metrics) - set(scorer.writes):
        raise TypeError(f"{scorer.name} wrote {sorted(unknown)}, which it does not declare.")
    names = list(scores.metrics)
    rows = np.column_stack([scores.metrics[name] for name in names]) if names else np.empty((0, 0))
    lines = []
    for place, (target, row) in enumerate(zip(targets, rows.tolist(), strict=True)):
        metrics = {name: value for name, value in zip(names, row, strict=True) if value == value}
        if not metrics:
            continue
        said: Evaluation = {
            "target_type": "query",
            "target_id": target.query_id,
            "metrics": metrics,
        }
        if scores.labels and scores.labels[place] is not None:
            said["label"] = scores.labels[place]
        if scores.explanations and scores.explanations[place] is not None:
            said["explanation"] = scores.explanations[place]
        # A retrieval that came later changes what is said, and that is a line of its own.
        digest = blake2b(_encode(said), digest_size=8).hexdigest()
        lines.append(
            _line(
                scorer,
                f"{scorer.name}:{scorer.version}:{target.event_key.hex}:{digest}",
                said
                | {
                    "ts": target.ts.isoformat(),
                    "workspace": target.workspace,
                    "user_id": target.user_id,
                },
            )
        )
    return lines


def _learned(learner: Learner, seq_to: int, said: Iterable[Evaluation]) -> Iterable[bytes]:
    """What was learned up to a batch replaces what was learned before, also when it says the same."""
    for one in said:
        who = "\x1f".join(str(one.get(name)) for name in ("workspace", "target_type", "target_id"))
        digest = blake2b(who.encode(), digest_size=16).hexdigest()
        evaluator = one.get("evaluator", learner.name)
        yield _line(learner, f"{evaluator}:{learner.version}:{digest}:{seq_to}", one)


def _line(one: Scorer | Learner, event_id: str, said: Evaluation) -> bytes:
    line = {
        "kind": "evaluation",
        "event_id": event_id,
        "source": "assay",
        **said,
    }
    if line["kind"] == "evaluation":
        line = {"evaluator": one.name, "evaluator_version": one.version} | line
    return _encode({name: value for name, value in line.items() if value is not None})


def _window(session: Session, place: int) -> tuple[int, list[int]] | None:
    """The next admitted batches, as many as are read at once, and the number of the last."""
    limits = Limits()
    lines = size = seq_to = 0
    batches: list[int] = []
    for seq, batch, batch_lines, batch_bytes, has_queries in session.execute(
        _NEXT, (place,)
    ).fetchall():
        if has_queries:
            lines, size = lines + batch_lines, size + batch_bytes
            if batches and (lines > limits.batch_lines or size > limits.batch_bytes):
                break
            batches.append(batch)
        seq_to = seq
    return (seq_to, batches) if seq_to else None


def _move(
    one: Scorer | Learner, seq_from: int, seq_to: int, connection: psycopg.Connection[Any]
) -> None:
    moved = connection.execute(
        _MOVE, {"name": one.name, "version": one.version, "seq_from": seq_from, "seq_to": seq_to}
    )
    if moved.rowcount == 0:
        raise OvertakenError
    crash.point("scoring.place_moved")


def _alone(finish: Callable[[psycopg.Connection[Any]], None]) -> InTransaction:
    return lambda connection, _batch: finish(connection)


def _slices(lines: Iterable[bytes], limits: Limits) -> Iterable[list[bytes]]:
    some: list[bytes] = []
    size = 0
    for line in lines:
        if some and (len(some) == limits.batch_lines or size + len(line) > limits.batch_bytes):
            yield some
            some, size = [], 0
        some.append(line)
        size += len(line)
    if some:
        yield some


def _number(session: Session, query: str, arguments: dict[str, Any]) -> int:
    row = session.execute(query, arguments).fetchone()
    return int(row[0]) if row else 0
