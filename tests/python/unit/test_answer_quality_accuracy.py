"""The gate of answer quality, on answers that three people rated."""

from pathlib import Path

import numpy as np
import pytest

from orchestration.errors import AssayError
from orchestration.scoring.evaluation import agreement, gates


@pytest.fixture
def folder() -> Path:
    try:
        return gates.samples()
    except AssayError:
        pytest.skip("the samples are not here: set ASSAY_SAMPLES")


def test_the_gate_is_met(folder: Path) -> None:
    assert (folder / "mtrag_human_eval").is_dir()
    figures = {figure.name: figure for figure in gates.measure("answer_quality")}
    assert figures["answer_quality.faithfulness_spearman"].passed
    for figure in figures.values():
        assert figure.low <= figure.figure <= figure.high
    assert figures["answer_quality.faithfulness_spearman_weights_held_out"].figure > 0.60
    assert figures["answer_quality.unfaithful_balanced_accuracy"].figure > 0.75


def test_no_cluster_is_in_two_folds() -> None:
    clusters = [f"c{place % 7}" for place in range(100)]
    fold = agreement.folds(clusters, 3)
    for name in set(clusters):
        assert len({fold[place] for place in range(100) if clusters[place] == name}) == 1
    assert set(fold) == {0, 1, 2}


def test_an_interval_over_clusters_is_wider_than_over_answers() -> None:
    """Ten answers to each of twenty questions, alike within a question, are worth twenty, not 200."""
    rng = np.random.default_rng(1)
    values = np.repeat(rng.normal(size=20), 10)
    mean = lambda places: float(values[places].mean())  # noqa: E731
    alone = agreement.clustered_interval([str(place) for place in range(200)], mean)
    together = agreement.clustered_interval([str(place // 10) for place in range(200)], mean)
    assert together[1] - together[0] > 2.5 * (alone[1] - alone[0])


def test_the_threshold_separates_what_can_be_separated() -> None:
    scores = np.array([0.1, 0.2, 0.8, 0.9])
    is_bad = np.array([True, True, False, False])
    threshold = agreement.best_threshold(scores, is_bad)
    assert agreement.balanced_accuracy(scores < threshold, is_bad) == 1.0
