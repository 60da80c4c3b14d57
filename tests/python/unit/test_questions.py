"""Topics and gaps: the pure parts, on inputs that a hand can follow and on ones nobody expects."""

from itertools import cycle, islice, permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from orchestration.scoring.embedding import embedder
from orchestration.scoring.questions import evidence
from orchestration.scoring.questions.cited import united
from orchestration.scoring.questions.clusters import ALIKE, FEWEST, Clusters, together
from orchestration.scoring.questions.coverage import learn_coverage
from orchestration.scoring.questions.kernel import learn
from orchestration.scoring.questions.labels import has_grown, terms
from orchestration.scoring.questions.space import FEWEST_TEXTS, learn_space, plain
from orchestration.scoring.questions.texts import questions
from orchestration.scoring.scorer import Passage, Turns

STRANGE = [
    None, "", "   \n\t", "\U0001f600\U0001f525", "\ud800 lone", "\u202e\u0645\u0631\u062d\u0628",
    "\u05e9\u05dc\u05d5\u05dd", "\u65e5\u672c\u8a9e", "a" * 200_000, "word " * 50_000,
    "\x00\x01\x02", "'; drop table x; --", "\ufb00 \u0130 \xdf", "1234567890", "=1+1",
]  # fmt: skip


def people(*numbers: int) -> set[str]:
    return {str(number) for number in numbers}


def corners(*places: int, of: int = 8) -> Any:
    """Unit vectors along the axes: alike exactly when they are the same."""
    return np.eye(of, dtype=np.float32)[list(places)]


def test_strange_texts_are_read_and_those_that_say_nothing_are_zero() -> None:
    for space in (plain(), learn_space([f"how do I pair sensor {n}" for n in range(FEWEST_TEXTS)])):
        vectors = space.vectors(STRANGE)
        lengths = np.linalg.norm(vectors, axis=1)
        assert vectors.shape == (len(STRANGE), embedder().dimensions)
        assert np.isfinite(vectors).all()
        assert all(abs(length - 1) < 1e-3 or length == 0 for length in lengths)
        assert lengths[:3].tolist() == [0, 0, 0]
    assert questions(STRANGE).counts.shape[0] == len(STRANGE)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=200), max_size=12))
def test_no_text_ends_a_batch(texts: list[str]) -> None:
    assert np.isfinite(plain().vectors(texts)).all()
    assert len(questions(texts)) == len(texts)


def test_three_alike_found_a_cluster_and_two_do_not() -> None:
    groups = together(corners(0, 1, 1, 1, 2, 2))
    assert groups.tolist() == [-1, 0, 0, 0, -1, -1]
    assert FEWEST == 3


def test_nothing_joins_a_cluster_when_it_says_nothing() -> None:
    clusters = Clusters(8)
    clusters.found(corners(0, 0, 0), lambda _: "a")
    best, likeness = clusters.nearest(np.zeros((1, 8), np.float32))
    assert best.tolist() == [-1]
    assert likeness.tolist() == [0]


def test_likeness_is_the_average_over_the_members() -> None:
    """By hand: members along axes 0, 0, 1; a question along axis 0 is like two of three."""
    clusters = Clusters(8, ["a"], corners(0, 0, 1).sum(axis=0, keepdims=True), np.array([3]))
    _, likeness = clusters.nearest(corners(0))
    assert likeness[0] == pytest.approx(2 / 3)
    clusters.join(np.array([0]), corners(0))
    assert clusters.sizes.tolist() == [4]
    assert clusters.nearest(corners(0))[1][0] == pytest.approx(3 / 4)


def test_the_cluster_that_was_there_first_keeps_its_id_when_two_merge() -> None:
    clusters = Clusters(8, ["old", "other", "new"], corners(0, 3, 0) * 3, np.array([3, 3, 3]))
    assert clusters.merge() == {"new": "old"}
    assert clusters.ids == ["old", "other"]
    assert clusters.sizes.tolist() == [6, 3]
    assert clusters.merge() == {}


def test_a_chain_of_merges_ends_at_one_that_stands() -> None:
    means = np.array([[1, 0], [0.8, 0.6], [0.6, 0.8]], np.float32)
    clusters = Clusters(2, ["a", "b", "c"], means * 3, np.array([3, 3, 3]))
    gone = clusters.merge()
    assert gone == {"b": "a", "c": "a"}
    assert clusters.sizes.tolist() == [9]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 60))
def test_members_are_counted_once_whatever_merges(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(size, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    clusters = Clusters(6)
    inside = clusters.found(vectors, lambda members: f"t{members[0]}") >= 0
    before = clusters.sums.sum(axis=0)
    gone = clusters.merge()
    assert clusters.sizes.sum() == inside.sum()
    assert np.allclose(clusters.sums.sum(axis=0), before, atol=1e-3)
    assert not set(gone) & set(clusters.ids)
    assert set(gone.values()) <= set(clusters.ids)
    means = clusters.sums / np.maximum(clusters.sizes, 1)[:, None]
    alike = means @ means.T - np.eye(len(means)) * 9
    assert (alike < ALIKE + 1e-4).all()


def test_a_term_of_two_people_names_nothing() -> None:
    """However often the two say it. With a third person it does."""
    usual = {"secret": 0.01, "word": 0.9}
    assert terms({"secret": people(1, 2), "word": people(1, 2, 3)}, usual, 0.01) == "word"
    assert terms({"secret": people(1, 2)}, usual, 0.01) is None
    assert terms({"secret": people(1, 2, 3)}, usual, 0.01) == "secret"
    assert terms({}, {}, 0.5) is None


def turns(**columns: Any) -> Turns:
    return Turns(columns)


def passage(score: float, cited: bool) -> Passage:
    return Passage(None, "d", score=score, cited=cited)


def test_evidence_adds_up_by_hand() -> None:
    """Nothing found; found and cited; found, weak, uncited; the same where citations are not logged."""
    some = turns(
        passages=[[], [passage(0.9, True)], [passage(0.2, False)]],
        refused=np.array([0.0, 0.0, np.nan]),
        answered=np.array([1.0, np.nan, 1.0]),
    )
    assert evidence.of_answers(some, 0.5, True).tolist() == [3.0, -2.5, 2.5 + 1.5]
    assert evidence.of_answers(some, np.nan, False).tolist() == [3.0, -2.5, 0.0]
    refused = turns(passages=[[]], refused=np.array([1.0]), answered=np.array([0.0]))
    assert evidence.of_answers(refused, 0.5, True).tolist() == [3.0 + 1.5]


def test_opinions_count_where_there_are_any() -> None:
    none = np.array([np.nan])
    assert evidence.of_opinions(np.array([0.0]), np.array([0.0]), none).tolist() == [0.0]
    assert evidence.of_opinions(np.array([1.0]), np.array([2.0]), none).tolist() == [0.7]
    assert evidence.of_opinions(np.array([1.0]), np.array([0.0]), none).tolist() == [-0.7]
    assert evidence.of_opinions(np.array([1.0]), np.array([1.0]), np.array([0.0])).tolist() == [1.5]


def test_a_probability_by_hand() -> None:
    """Odds of -1.4 before; uncited and weak 4.0; even by distance: 1 / (1 + exp(-2.6)) = 0.9309.
    Distance alone can add or take ln 9 = 2.197 at most: exp(-3.597) / (1 + exp(-3.597)) = 0.0267."""
    found = evidence.probability(np.array([0.5, np.nan, 0.0]), np.array([4.0, 4.0, 0.0]))
    assert found == pytest.approx([0.9309, 0.9309, 0.0267], abs=1e-4)


def test_only_what_was_looked_up_is_judged() -> None:
    there, nothing = np.ones(4, np.float32), np.zeros(4, np.float32)
    some = turns(
        retrievals=np.array([1.0, 0.0, 2.0, 1.0]),
        status=["ok", "ok", "error", "blocked"],
        query_vector=np.stack([there, there, there, nothing]),
    )
    assert evidence.judged(some).tolist() == [True, False, False, False]


def test_what_is_covered_is_told_from_what_is_not() -> None:
    """Four subjects are covered, a fifth is not; no words but those of its own subject tell it."""
    subjects = {
        "invoice": [
            "my invoice is wrong",
            "invoice total",
            "why is the invoice so high",
            "pay invoice",
        ],
        "boiler": ["boiler pressure drops", "the boiler is cold", "boiler leaks", "restart the boiler"],
        "holiday": ["holiday mode", "set the holiday plan", "away on holiday", "holiday temperature"],
        "router": ["new router", "router lost the device", "connect to the router", "router password"],
    }
    texts = [f"{lead}{text}" for text_list in subjects.values() for text in text_list
             for lead in ("", "please help: ", "hi, ")]  # fmt: skip
    groups = np.repeat(np.arange(4), 12)
    coverage = learn_coverage(questions(texts), groups)
    assert coverage is not None
    asked = questions(["the invoice total is wrong", "can my dog eat chocolate cake"])
    known, unknown = coverage.gap_probability(asked)
    assert known < 0.5 < unknown


def test_two_documents_are_too_few_to_take_one_away() -> None:
    assert learn_coverage(questions(["a b", "c d"]), np.array([0, 1])) is None


PASSAGES = [
    "How to pay an invoice, and whom to ask when it is wrong.",
    "The boiler loses pressure: refill it slowly.",
    "Holiday mode lowers the temperature while you are away.",
    "Connect a new router and pair the devices again.",
    "Where to find the serial number of a sensor.",
]


@pytest.mark.filterwarnings("error")  # a division by what is not there
@pytest.mark.parametrize("size", [3, 4, 5])
def test_documents_of_one_passage_teach_no_distance(size: int) -> None:
    """Whatever is taken away takes its whole document along: nothing new is left that is covered."""
    some = questions(PASSAGES[:size])
    for seed, order in enumerate(islice(cycle(permutations(range(size))), 40)):
        assert learn_coverage(some, np.array(order), seed) is None


@pytest.mark.parametrize("seed", range(20))
def test_a_small_knowledge_base_never_turns_the_answer_upside_down(seed: int) -> None:
    """One document of two passages, which have little in common."""
    groups = np.array([0, 1, 2, 3, 0])
    coverage = learn_coverage(questions(PASSAGES), groups, seed)
    assert coverage is None or coverage.slope > 0


def test_the_same_examples_teach_the_same() -> None:
    some = questions([f"question {n} about {'red' if n % 2 else 'blue'} paint" for n in range(40)])
    groups = np.arange(40) % 2
    first, second = (learn(some, groups).scores(some) for _ in range(2))
    assert (first == second).all()
    assert (first.argmax(axis=1) == groups).all()


def test_what_is_asked_and_what_is_cited_count_together() -> None:
    """By hand: the first two share no word and all documents, 0 + 0.5; the third has 0.3 of the first's
    words and none of its documents; the fourth cites nothing and is like nobody."""
    means = np.eye(5, dtype=np.float32)[:4]
    means[2, :3] = (0.3, 0, 0.95)
    cited = csr_matrix(np.array([[4.0, 0], [9, 0], [0, 7], [0, 0]]))
    sizes = np.array([5, 50, 5, 5], np.float32)
    assert united(means, cited, sizes).tolist() == [0, 0, 2, 3]
    assert united(means, csr_matrix((4, 1)), sizes).tolist() == [0, 1, 2, 3]
    assert united(means[:1], cited[:1], sizes[:1]).tolist() == [0]
    # A handbook that all of eight topics cite makes them no topic.
    handbook = csr_matrix(np.full((8, 1), 5.0))
    assert united(np.eye(8, dtype=np.float32), handbook, np.ones(8, np.float32)).tolist() == [*range(8)]
    # Half of what the second cites is something else: cosine 0.71, and 0.35 is too little alone.
    half = csr_matrix(np.array([[4.0, 0], [9, 9], [0, 0], [0, 0]]))
    assert united(means, half, sizes).tolist() == [0, 1, 2, 3]


def test_a_cluster_is_named_anew_when_it_has_grown() -> None:
    """Prevents texts of a million questions being read because ten came. Small clusters grow at once,
    and what comes one by one counts like what comes together."""
    assert has_grown(3, 3)
    assert has_grown(1_000, 400)
    assert not has_grown(1_000, 5)
    assert not has_grown(1_000, 0)
    grown = sum(has_grown(size, 1) for size in range(1, 1_001))
    assert 20 < grown < 35
