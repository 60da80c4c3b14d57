"""Scoring reads what was admitted and lands each score once, whatever comes late, early or twice."""

import datetime as dt
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import numpy as np
import psycopg
import pytest
from landing_world import World, admit, query

from orchestration.errors import AssayError
from orchestration.landing.lander import Lander
from orchestration.landing.limits import Limits
from orchestration.scoring import engine, reading, registry
from orchestration.scoring.engine import Report, Scoring
from orchestration.scoring.learner import Learner, Lesson
from orchestration.scoring.scorer import Scorer, Scores, Turns
from orchestration.warehouse.connection import connect

READS = ("query_text", "response_text", "passages", "status", "latency_ms", "query_vector")


def measured(turns: Turns) -> Scores:
    """What it saw: lengths of the texts and the passages; silent on queries without a text."""
    texts = turns["query_text"]
    return Scores(
        {
            "letters": np.array([np.nan if text is None else len(text) for text in texts]),
            "passages": np.array([len(found) for found in turns["passages"]], float),
            "latency": turns["latency_ms"],
            "length": np.linalg.norm(turns["query_vector"], axis=1),
        },
        labels=[status if text else None for status, text in zip(turns["status"], texts, strict=True)],
        explanations=[text and text.upper() for text in texts],
    )


def lengths(version: str = "1", score: Callable[[Turns], Scores] = measured) -> Scorer:
    return Scorer("lengths", version, READS, ("letters", "passages", "latency", "length"), score)


@pytest.fixture
def world(database_url: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(registry, "SCORERS", {"lengths": ("", f"{__name__}:CURRENT")})
    monkeypatch.setattr(registry, "LEARNERS", {})
    use(monkeypatch, lengths())
    return World(database_url, tmp_path)


def use(monkeypatch: pytest.MonkeyPatch, scorer: Scorer) -> None:
    monkeypatch.setattr(registry, "_load", lambda _known, _name, _kind: scorer)


def score(world: World, again: bool = False) -> Report:
    session = connect(url=world.url, autocommit=True)
    admit(session)
    with closing(session), Lander(world.url) as lander:
        return Scoring(session, lander).run(registry.names(), again)


def retrieval(event_id: str, query_id: str, *texts: str | None) -> bytes:
    documents = [{"doc_id": f"d{place}", "text": text} for place, text in enumerate(texts)]
    line = {
        "kind": "retrieval",
        "event_id": event_id,
        "ts": "2026-03-01T10:00:01Z",
        "query_id": query_id,
    }
    return json.dumps({**line, "result_count": len(texts), "documents": documents}).encode()


def scores(world: World) -> list[tuple[Any, ...]]:
    return world.rows(
        """select target_id, evaluator_version,
               (metrics ->> 'letters')::float, (metrics ->> 'passages')::float
           from raw.evaluation_log order by batch_id, line_no"""
    )


def test_a_score_says_what_was_read_and_of_whom(world: World) -> None:
    world.land(
        world.write(
            "a.jsonl",
            query("q1", query_text="hello", latency_ms=7, user_id="u", workspace="w"),
            query("q2"),
            retrieval("r1", "q1", "one"),
            json.dumps({**json.loads(retrieval("r2", "q1", "two", None)), "workspace": "w"}).encode(),
        )
    )
    report = score(world)
    assert (report.scored, report.landed) == (2, 2)
    rows = world.rows(
        """select target_id, workspace, evaluator, label, metrics, subject_ref is not null, source
           from raw.evaluation_log order by target_id"""
    )
    # r1 is of the default workspace, where there is no q1; a passage without a text counts as well.
    first = {"letters": 5.0, "passages": 2.0, "latency": 7.0, "length": pytest.approx(1.0, abs=1e-3)}
    assert rows[0] == ("q1", "w", "lengths", "ok", first, True, "assay")
    assert rows[1] == (
        "q2",
        "default",
        "lengths",
        None,
        {"passages": 0.0, "length": 0.0},
        False,
        "assay",
    )
    assert world.value("select body from vault.text where field = 'explanation'") == "HELLO"
    assert world.value("select count(*) from vault.embedding") == 1


def test_nothing_is_scored_twice_and_nothing_before_it_is_admitted(world: World) -> None:
    world.land(world.write("a.jsonl", query("q1", query_text="hello")))
    assert score(world).landed == 1
    assert score(world) == Report()
    world.land(world.write("b.jsonl", query("q2", query_text="hello")))
    with Lander(world.url) as lander, closing(connect(url=world.url, autocommit=True)) as session:
        assert Scoring(session, lander).run(["lengths"]) == Report(), "its batch was not admitted"
    assert [row[0] for row in scores(world)] == ["q1"]
    assert score(world).landed == 1


def test_a_query_from_ahead_that_landing_took_is_scored(world: World) -> None:
    """The scorer's own limit on times refused its score, and with it those of all queries."""
    ahead = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=72)).isoformat()
    lines = query("q1", query_text="hello", ts=ahead), query("q2", query_text="you")
    world.land(world.write("a.jsonl", *lines), future_hours=100)
    assert score(world).landed == 2
    assert world.land(world.write("b.jsonl", query("q3", ts=ahead))).quarantined == 1


def test_a_retrieval_that_comes_late_is_scored_with_its_query(world: World) -> None:
    world.land(world.write("a.jsonl", query("q1", query_text="hello"), query("q2", query_text="you")))
    score(world)
    world.land(world.write("b.jsonl", retrieval("r1", "q1", "one", "two")))
    assert score(world).landed == 1
    assert scores(world) == [("q1", "1", 5, 0), ("q2", "1", 3, 0), ("q1", "1", 5, 2)]


def test_a_retrieval_that_comes_early_is_found(world: World) -> None:
    world.land(world.write("a.jsonl", retrieval("r1", "q1", "one")))
    assert score(world).landed == 0
    world.land(world.write("b.jsonl", query("q1", query_text="hello")))
    score(world)
    assert scores(world) == [("q1", "1", 5, 1)]


def test_a_new_version_goes_on_and_scores_the_past_on_request(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.land(world.write("a.jsonl", query("q1", query_text="hello")))
    score(world)
    use(monkeypatch, lengths("2"))
    assert score(world).landed == 0
    world.land(world.write("b.jsonl", query("q2", query_text="you")))
    score(world)
    assert scores(world) == [("q1", "1", 5, 0), ("q2", "2", 3, 0)]
    again = score(world, again=True)
    assert (again.landed, again.repeated) == (1, 1)
    assert sorted(scores(world)) == [("q1", "1", 5, 0), ("q1", "2", 5, 0), ("q2", "2", 3, 0)]


def test_four_that_run_at_once_land_each_score_once(world: World) -> None:
    for number in range(6):
        lines = [query(f"q{number}-{one}", query_text="hello") for one in range(50)]
        world.land(world.write(f"{number}.jsonl", *lines))
    with ThreadPoolExecutor(4) as several:
        reports = list(several.map(lambda _: score(world), range(4)))
    assert sum(report.landed for report in reports) == 300
    assert sum(report.repeated for report in reports) == 0, "whoever is overtaken lands nothing"
    assert world.value("select count(distinct target_id) from raw.evaluation_log") == 300
    assert world.value("select count(*) from raw.evaluation_log") == 300
    assert world.value("select seq from ops.scorer") >= world.value(
        "select max(seq) from ops.admitted_batch inner join landing.batch using (batch_id)"
        " where reader = 'file'"
    )


def test_whoever_was_overtaken_lands_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the first run still measures, a second one scores the same and what came after: the first
    must neither land its scores nor set the place back."""

    def overtaken(turns: Turns) -> Scores:
        use(monkeypatch, lengths())
        world.land(world.write("b.jsonl", query("q2", query_text="hello")))
        assert score(world).landed == 2
        return measured(turns)

    world.land(world.write("a.jsonl", query("q1", query_text="hello")))
    use(monkeypatch, lengths(score=overtaken))
    first = score(world)
    assert (first.landed, first.repeated) == (0, 0)
    place = world.value("select seq from ops.scorer")
    assert place == world.value("select max(seq) from ops.admitted_batch")


def test_a_scorer_that_dies_loses_nothing_and_is_not_believed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(_: Turns) -> Scores:
        raise RuntimeError("out of memory")

    world.land(world.write("a.jsonl", query("q1", query_text="hello")))
    use(monkeypatch, lengths(score=dies))
    with pytest.raises(RuntimeError):
        score(world)
    use(monkeypatch, lengths(score=lambda _: Scores({"invented": np.ones(1)})))
    with pytest.raises(TypeError, match="does not declare"):
        score(world)
    use(monkeypatch, lengths(score=lambda _: Scores({"letters": np.array([np.inf])})))
    with pytest.raises(AssayError, match="no log may hold"):
        score(world)
    assert scores(world) == []
    use(monkeypatch, lengths())
    assert score(world).landed == 1


def test_a_learner_starts_where_it_ended_and_replaces_what_it_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = []

    def learn(lesson: Lesson) -> None:
        windows.append((lesson.seq_from, lesson.seq_to))
        said = {"ts": "2026-03-01T10:00:00Z", "workspace": "w", "target_type": "user", "target_id": "u"}
        lesson.land([{**said, "label": "calm", "metrics": {"confidence": 0.7}}])

    monkeypatch.setattr(registry, "SCORERS", {})
    monkeypatch.setattr(registry, "LEARNERS", {"tone": ("", "")})
    monkeypatch.setattr(registry, "_load", lambda *_: Learner("tone", "1", learn))
    world.land(world.write("a.jsonl", query("q1")))
    assert score(world).landed == 1
    # Its own scores are a batch that it has not seen; after them nothing is new.
    for _ in range(3):
        score(world)
    assert windows == [(0, 1)]
    world.land(world.write("b.jsonl", query("q2")))
    assert score(world).landed == 1
    assert (
        world.rows("select label, metrics ->> 'confidence' from raw.evaluation_log")
        == [("calm", "0.7")] * 2
    )


def test_texts_of_any_kind_are_read(world: World) -> None:
    texts = ["", " ", "😀" * 50, "مرحبا بالعالم", "\u202eabc", "a" * 100_000, "x\u0001y", "日本語" * 3]
    lines = [query(f"q{place}", query_text=text) for place, text in enumerate(texts)]
    world.land(world.write("a.jsonl", *lines))
    assert score(world).landed == len(texts)
    assert max(row[2] for row in scores(world)) == 20_000, "no more of a text is held"


def test_no_more_is_held_at_once_than_its_limits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Queries of a chunk, passages of a query, lines of a window: each bounds memory by itself."""
    held: list[tuple[int, int]] = []

    def watched(turns: Turns) -> Scores:
        held.append((len(turns), max(len(found) for found in turns["passages"])))
        return measured(turns)

    windows = []
    monkeypatch.setattr(reading, "CHUNK", 3)
    monkeypatch.setattr(reading, "MOST_PASSAGES", 2)
    monkeypatch.setattr(engine, "Limits", lambda: Limits(batch_lines=10))

    def read(session: Any, batches: list[int], *others: Any) -> Any:
        windows.append(len(batches))
        return reading.read(session, batches, *others)

    monkeypatch.setattr(engine, "read", read)
    use(monkeypatch, lengths(score=watched))
    for number in range(3):
        lines = [query(f"q{number}-{one}", query_text="hello") for one in range(7)]
        world.land(world.write(f"{number}.jsonl", *lines, retrieval(f"r{number}", "q0-0", *"abc")))
    assert score(world).landed == 21 + 2, "and the query whose retrievals come later, again"
    assert {count for count, _ in held} == {3, 1, 2}
    assert max(passages for _, passages in held) == 2 * 3, "two of each of three retrievals"
    assert windows == [1, 1, 1]


def test_a_query_whose_text_was_taken_away_is_not_scored_by_it(world: World) -> None:
    """Between landing and scoring its person was erased: no score, no vector, no failure."""
    world.land(world.write("a.jsonl", query("q1", query_text="hello"), query("q2", query_text="you")))
    with psycopg.connect(world.url) as session:
        session.execute("delete from vault.text where body = 'hello'")
    score(world)
    assert {row[0]: row[2] for row in scores(world)} == {"q1": None, "q2": 3}
    assert world.value("select count(*) from vault.embedding") == 1


def pairs(turns: Turns) -> Scores:
    """Of an answer, how long it is and its question; silent where there is none."""
    both = zip(turns["query_text"], turns["response_text"], strict=True)
    return Scores(
        {"pair": np.array([np.nan if a is None else 100 * len(q or "") + len(a) for q, a in both])}
    )


HALVES: dict[str, dict[str, Any]] = {
    "asked": {"query_text": "Why?", "ts": "2026-03-01T10:00:00Z"},
    "answered": {"response_text": "So.", "ts": "2026-03-01T10:00:02Z"},
}


@pytest.mark.parametrize(
    ("files", "expected"),
    [("asked answered", [403]), ("answered asked", [403, 3]), ("asked+answered", [403]),
     ("answered+asked", [403])],
)  # fmt: skip
def test_a_question_and_its_answer_in_two_records_are_scored_as_one(
    world: World, monkeypatch: pytest.MonkeyPatch, files: str, expected: list[int]
) -> None:
    """By hand: 4 letters asked and 3 answered are 403, in whatever order they come; the last holds. The
    others prove that nothing else is taken along: another call of the query, a line that is no record,
    another query, another workspace."""
    use(monkeypatch, Scorer("lengths", "1", ("query_text", "response_text"), ("pair",), pairs))

    def record(name: str, span: str = "s1", **said: Any) -> bytes:
        about = {"query_id": "q", "parent_span_id": span, "span_id": f"{span}-log-{name}"}
        return query(name, **about | said)

    later = {"ts": "2026-03-01T10:00:05Z"}  # of several questions the last would hold
    others = (
        record("o1", "s2", query_text="x" * 30, **later),
        record("o2", span_id="s3", query_text="x" * 50, **later),
        record("o3", query_id="p", query_text="x" * 70, **later),
        record("o4", workspace="w", query_text="x" * 90, **later),
    )
    for file in files.split():
        halves = [record(name, **HALVES[name]) for name in file.split("+")]
        world.land(world.write(file, *others, *halves))
        score(world)
    told = world.rows(
        """select (metrics ->> 'pair')::float from raw.evaluation_log
           order by batch_id desc, line_no desc"""
    )
    assert [pair for (pair,) in told] == expected
