"""Topics and gaps of simulated logs, against what the simulator knows; nothing is said twice."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from landing_world import World

from orchestration.landing.lander import Lander
from orchestration.scoring import registry
from orchestration.scoring.engine import Report, Scoring
from orchestration.scoring.questions.drafts import draft
from orchestration.scoring.questions.knowledge import knowledge
from orchestration.simulator.commands import DEFAULT_START_MS
from orchestration.simulator.knowledge import TOPICS
from orchestration.simulator.world import build_world
from orchestration.simulator.writer import Order, simulate_days
from orchestration.warehouse.connection import connect

DAYS, A_DAY = 6, 700
LEARNERS = ("topics", "content_gaps")
COVERAGE = {topic.topic_id: topic.coverage for topic in TOPICS}


@pytest.fixture(scope="module")
def seed() -> int:
    return 11


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> World:
    return World(database_url, tmp_path)


def admit(world: World) -> int:
    """The number of the last batch."""
    world.rows(
        """with taken as (delete from ops.pending_batch returning batch_id)
           insert into ops.admitted_batch (batch_id) select batch_id from taken order by batch_id
           returning seq"""
    )
    return int(world.value("select max(seq) from ops.admitted_batch"))


def learn(world: World) -> Report:
    admit(world)
    session = connect(url=world.url, autocommit=True)
    with closing(session), Lander(world.url) as lander:
        return Scoring(session, lander).run([name for name in LEARNERS if name in registry.LEARNERS])


def asked(seed: int) -> dict[str, str]:
    """The simulator's own phrases, each with the topic that it is about."""
    book = build_world(seed, DAYS, A_DAY, DEFAULT_START_MS).phrases
    about: dict[str, set[str]] = defaultdict(set)
    for topic, languages in zip(TOPICS, book.questions, strict=True):
        for phrases in languages:
            for phrase in phrases:
                about[phrase].add(topic.topic_id)
    return {phrase: next(iter(topics)) for phrase, topics in about.items() if len(topics) == 1}


def topic_of(text: str, phrases: dict[str, str]) -> str | None:
    """What was asked, before the decorations that follow it."""
    for end in range(len(text), 0, -1):
        if text[:end] in phrases:
            return phrases[text[:end]]
    return None


def judged(world: World, phrases: dict[str, str]) -> list[tuple[str, str, float, str | None]]:
    """Workspace, true topic, probability and gap of every question that was judged."""
    rows = world.rows(
        """select distinct on (said.workspace, said.target_id)
               said.workspace, text.body, (said.metrics ->> 'probability')::float8, said.label
           from raw.evaluation_log as said
           inner join raw.query_log as one
               on
                   said.workspace = one.workspace
                   and said.target_id = coalesce(one.query_id, one.event_id)
           inner join vault.text on one.event_key = text.event_key and text.field = 'query_text'
           where said.evaluator = 'content_gaps'
           order by said.workspace, said.target_id, said.batch_id desc, said.line_no desc"""
    )
    found = [(space, topic_of(text, phrases), chance, gap) for space, text, chance, gap in rows]
    return [(space, topic, chance, gap) for space, topic, chance, gap in found if topic is not None]


def test_the_planted_gaps_are_found_and_told_apart(world: World, seed: int) -> None:
    """Also: a second run says nothing, labels quote nobody, and a draft is there for each gap."""
    for _ in simulate_days(
        Order(DAYS, A_DAY, seed, DEFAULT_START_MS, world.folder / "logs", clean=True)
    ):
        pass
    world.land(*sorted((world.folder / "logs").glob("*.jsonl")))
    assert learn(world).landed > 1_000
    rows = judged(world, asked(seed))
    is_gap = {"gap"}
    gaps = [chance for _, topic, chance, _ in rows if COVERAGE[topic] in is_gap]
    others = [chance for _, topic, chance, _ in rows if COVERAGE[topic] == "covered"]
    recall = sum(chance >= 0.5 for chance in gaps) / len(gaps)
    false_alarms = sum(chance >= 0.5 for chance in others) / len(others)
    assert recall > 0.6, recall
    assert false_alarms < 0.02, false_alarms

    members: dict[str, Counter[str]] = defaultdict(Counter)
    for _, topic, chance, gap in rows:
        if gap is not None and chance >= 0.5:
            members[gap][topic] += 1
    named = {counts.most_common(1)[0][0] for counts in members.values()}
    planted = {topic for topic, coverage in COVERAGE.items() if coverage == "gap"}
    assert planted <= named
    pure = sum(counts.most_common(1)[0][1] for counts in members.values())
    assert pure / sum(sum(counts.values()) for counts in members.values()) > 0.8

    assert learn(world).landed == 0
    labels = [
        row[0] for row in world.rows("select label from ops.question_cluster where label is not null")
    ]
    texts = {text for (text,) in world.rows("select body from vault.text where field = 'query_text'")}
    assert labels
    assert not texts & set(labels)
    with psycopg.connect(world.url) as session:
        said = draft(session, next(iter(members)))
    assert "## Questions to answer" in said


@pytest.mark.parametrize("landings", range(4))
def test_a_crash_between_placing_and_landing_loses_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, landings: int
) -> None:
    """Two wait apart until three more make a topic of them; whoever is about to say so is killed."""
    lines: list[Any] = [
        {"kind": "query", "event_id": f"q{n}", "ts": f"2026-03-01T10:00:{n:02}Z", "status": "ok",
         "user_id": f"u{n}", "query_text": "how do I descale the coffee machine"} for n in range(5)
    ]  # fmt: skip
    for name, some in (("a", lines[:2]), ("b", lines[2:])):
        world.land(world.write(f"{name}.jsonl", *(json.dumps(line).encode() for line in some)))
        if name == "a":
            assert learn(world).landed == 0
    with monkeypatch.context() as broken:
        broken.setattr(Scoring, "_land", _dies_after(landings))
        with pytest.raises(RuntimeError, match="killed"):
            learn(world)
    learn(world)
    assert world.value("select sum(questions) from vault.question_cluster") == 5
    told = world.rows(
        """select distinct target_id, label from raw.evaluation_log
           where evaluator = 'topics' and label is not null order by target_id"""
    )
    assert [target for target, _ in told] == ["q0", "q1", "q2", "q3", "q4"]
    assert len({label for _, label in told}) == 1
    assert world.value("select label from ops.question_cluster") == "coffee, descale, how"


def _dies_after(landings: int) -> Callable[..., None]:
    land, left = Scoring._land, iter(range(landings))  # noqa: SLF001 - to go on behind it

    def some_land(*args: Any) -> None:
        if next(left, None) is None:
            raise RuntimeError("killed")
        land(*args)

    return some_land


def asked_about(name: str, text: str, document: str, people: range) -> list[bytes]:
    """One question a person, each answered from the document."""
    lines: list[dict[str, Any]] = []
    for one in people:
        at, asked = f"2026-03-01T10:00:{one:02}Z", {"query_id": f"{name}{one}"}
        lines += [
            {"kind": "query", "event_id": f"{name}{one}", "ts": at, "status": "ok",
             "user_id": f"u{one}", "query_text": text},
            {"kind": "retrieval", "event_id": f"r{name}{one}", "ts": at, **asked, "result_count": 1,
             "documents": [{"doc_id": document, "rank": 1, "cited": True}]},
        ]  # fmt: skip
    return [json.dumps(line).encode() for line in lines]


def topics_of(world: World) -> dict[str, str]:
    """First letter of a question -> what it counts in."""
    return dict(
        world.rows(
            """select distinct left(query_id, 1), coalesce(merged_into, cluster_id)
               from vault.cluster_question inner join ops.question_cluster using (cluster_id)"""
        )
    )


def test_topics_that_cite_the_same_documents_are_one_in_any_language(world: World) -> None:
    """They stay two places, so that both languages go on being recognised; the first id is kept."""
    english, german = "how do I descale the coffee machine", "wie wird der Kaffeeautomat entkalkt"
    world.land(
        world.write(
            "a.jsonl",
            *asked_about("a", english, "coffee", range(4)),
            *asked_about("b", german, "coffee", range(4, 8)),
            *asked_about("c", "my password was stolen yesterday", "accounts", range(8, 12)),
        )
    )
    learn(world)
    topic = topics_of(world)
    assert topic["a"] == topic["b"] != topic["c"]
    assert world.value("select count(*) from vault.question_cluster") == 3
    kept = world.rows("select cluster_id from ops.question_cluster where merged_into is null")
    assert {row[0] for row in kept} == set(topic.values())
    world.land(world.write("b.jsonl", *asked_about("b", german, "coffee", range(12, 15))))
    assert learn(world).by_scorer["topics"] == 3
    assert topics_of(world) == topic
    assert world.value("select count(*) from ops.question_cluster") == 3
    assert world.value("select sum(citations) from ops.cluster_passage") == 15


def test_a_question_that_waits_keeps_its_vector_until_it_is_in_a_cluster(world: World) -> None:
    """Prevents that texts are looked up and read again for every run, and vectors that nobody needs."""
    waiting = "select count(*) from vault.embedding where starts_with(model, 'space:')"
    world.land(world.write("a.jsonl", *asked_about("a", "how do I descale this", "d", range(2))))
    learn(world)
    assert world.value(waiting) == 2
    with psycopg.connect(world.url) as session:
        session.execute("update vault.text set body = 'zebra' where field = 'query_text'")
    world.land(world.write("b.jsonl", *asked_about("b", "how do I descale this", "d", range(2, 3))))
    learn(world)
    assert world.value(waiting) == 0
    assert set(topics_of(world)) == {"a", "b"}


def test_only_opinions_that_hold_are_evidence_of_a_gap(world: World) -> None:
    """Prevents gaps made of thumbs that were taken back, of asks that nobody answered, of what a held
    batch says, and of what somebody else calls like a score of ours."""
    text = "how do I descale the coffee machine"
    names = ("silent", "disliked", "edited", "asked", "held", "graded", "elsewhere")
    lines = [
        line.replace(b"q0", name.encode())
        for name in names
        for line in asked_about("q", text, "coffee", range(1))
    ]
    world.land(world.write("a.jsonl", *lines))
    said = {"kind": "feedback", "ts": "2026-03-01T11:00:00Z", "type": "thumb"}
    graded = {"kind": "evaluation", "event_id": "e1", "ts": said["ts"], "target_type": "query",
              "target_id": "graded", "evaluator": "answer_quality", "evaluator_version": "1",
              "metrics": {"grounding": 0}, "source": "assay"}  # fmt: skip
    theirs = graded | {"event_id": "e0", "target_id": "elsewhere", "source": "langfuse"}
    world.land(world.write("theirs.jsonl", json.dumps(theirs).encode()))
    world.land(
        world.write(
            "b.jsonl",
            *(
                json.dumps(said | one).encode()
                for one in (
                    {"event_id": "f1", "query_id": "disliked", "value": -1},
                    {"event_id": "f2", "query_id": "edited", "value": 1},
                    {"event_id": "f3", "query_id": "edited", "value": -1, "supersedes": "f2"},
                    {"event_id": "f4", "query_id": "asked", "type": "flag", "answered": False},
                )
            ),
        )
    )
    doubts = [said | {"event_id": "f5", "query_id": "held", "value": -1}, graded]
    world.land(world.write("c.jsonl", *(json.dumps(one).encode() for one in doubts)))
    world.rows(
        """delete from ops.pending_batch
           where batch_id = (select max(batch_id) from ops.pending_batch) returning 1"""
    )
    learn(world)
    chance = dict(
        world.rows(
            """select target_id, (metrics ->> 'probability')::float8 from raw.evaluation_log
               where evaluator = 'content_gaps'"""
        )
    )
    assert chance["edited"] == chance["disliked"] > chance["silent"]
    assert chance["asked"] == chance["held"] == chance["graded"] == chance["silent"]
    assert chance["elsewhere"] == chance["silent"]


def test_small_files_of_another_workspace_hide_nothing_that_is_known(world: World) -> None:
    """Prevents gaps that vanish with what is covered, because others logged much in the meantime."""
    for space, batches in (("here", 1), ("there", 60)):
        for batch in range(batches):
            asked = asked_about(f"{space}{batch}.", "how do I descale this", "coffee", range(2))
            spaced = (
                line.replace(b'"kind"', f'"workspace": "{space}", "kind"'.encode()) for line in asked
            )
            world.land(world.write(f"{space}{batch}.jsonl", *spaced))
        seq = admit(world)
        with psycopg.connect(world.url) as session:
            assert knowledge(session, "here", seq).cites
