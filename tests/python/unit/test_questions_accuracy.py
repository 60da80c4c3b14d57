"""The gates of topics and content gaps, on real questions."""

from pathlib import Path

import pytest

from orchestration.errors import AssayError
from orchestration.scoring.evaluation import gates, questions


@pytest.fixture
def folder() -> Path:
    try:
        return gates.samples()
    except AssayError:
        pytest.skip("the samples are not here: set ASSAY_SAMPLES")


def test_topics_meet_their_gate(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "_SEEDS", 1)
    (figure,) = questions.topics(folder)
    assert figure.passed
    assert figure.floor is not None
    assert figure.low > figure.floor


def test_content_gaps_meet_their_gates(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One split of the gated setting; `assay evaluate content_gaps` does them all."""
    monkeypatch.setattr(questions, "_SPLITS", 1)
    monkeypatch.setattr(questions, "_ALSO_KNOWN", ())
    figures = questions.content_gaps(folder)
    assert [figure.name for figure in figures] == [
        "content_gaps.balanced_accuracy",
        "content_gaps.gap_recall",
    ]
    assert all(figure.passed for figure in figures)
