"""Success prediction: what it looks at, and how right it is on runs whose end is known."""

from pathlib import Path

import numpy as np
import pytest

from orchestration.errors import AssayError
from orchestration.scoring.evaluation import success as gate
from orchestration.scoring.evaluation.gates import samples
from orchestration.scoring.logistic import auroc, calibration_slope, fit, folds_of, out_of_fold
from orchestration.scoring.success import FEATURES, Trajectory, columns_of, features_of


def _runs() -> Path:
    try:
        folder = samples()
    except AssayError:
        pytest.skip("the samples are not there (ASSAY_SAMPLES)")
    return folder


def test_features_by_hand() -> None:
    """Prevents a driver that counts something else than its name says."""
    run = Trajectory(
        asked=3,
        answers=["Unfortunately I cannot do that.", "Done."],
        calls=[
            ("get_order", "{}"),
            ("get_order", "{}"),
            ("cancel_order", "{}"),
            ("transfer_to_human_agents", "{}"),
            ("address_book", "{}"),
        ],
        tool_errors=1,
    )
    assert dict(zip(FEATURES, features_of(run), strict=True)) == {
        "steps": 8,
        "different_tools": 4,
        "writes": 1,
        "tool_errors": 1,
        "repeated_calls": 1,
        "handed_over": 1,
        "refusals": 1,
        "longest_answer": 31,
        "failures": 0,
        "retries": 0,
        "doubt": 0,
    }


def test_an_empty_run_and_unknown_counts_are_zero() -> None:
    """Prevents NaN in a probability."""
    assert sum(features_of(Trajectory(0, [], []))) == 0
    assert columns_of(np.array([[np.nan, -1.0, 0.0]])).tolist() == [[0.0, 0.0, 0.0]]


def test_drivers_add_up_to_the_log_odds() -> None:
    """Prevents drivers that explain another number than the one that is shown."""
    rng = np.random.default_rng(1)
    columns = np.column_stack([rng.normal(size=(400, 2)), np.ones(400)])
    hits = (rng.random(400) < 1 / (1 + np.exp(-2 * columns[:, 0]))).astype(float)
    model = fit(columns, hits)
    chances = model.probabilities(columns)
    odds = model.intercept + model.contributions(columns).sum(axis=1)
    assert np.allclose(np.log(chances / (1 - chances)), odds)
    assert model.weights[0] > 1 > abs(model.weights[1])
    assert model.weights[2] == 0  # it never varied


def test_auroc_by_hand() -> None:
    """Prevents ties from counting for or against. By hand: of four pairs three won, one tied."""
    assert auroc(np.array([1.0, 1, 0, 0]), np.array([1.0, 0.5, 0.5, 0.0])) == 0.875
    assert np.isnan(auroc(np.ones(3), np.arange(3.0)))


def test_siblings_share_a_fold() -> None:
    """Prevents a run from being judged by a model that saw the same task."""
    tasks = np.repeat(np.arange(20.0), 3)
    fold = folds_of(tasks)
    assert all(len(set(fold[tasks == task])) == 1 for task in range(20))
    assert len(set(fold)) == 5


def test_a_leak_between_folds_would_show() -> None:
    """The guard's own test: with siblings in other folds, a task's noise is learned by heart."""
    rng = np.random.default_rng(2)
    truth = np.repeat(rng.integers(0, 2, 40), 4).astype(float)
    columns = np.repeat(rng.normal(size=(40, 30)), 4, axis=0)
    by_task = auroc(truth, out_of_fold(columns, truth, folds_of(np.repeat(np.arange(40.0), 4))))
    leaking = auroc(truth, out_of_fold(columns, truth, folds_of(np.arange(160.0))))
    assert by_task < 0.65 < 0.9 < leaking


def test_calibration_slope_sees_bold_probabilities() -> None:
    """Prevents a calibration figure that is one whatever the probabilities say."""
    rng = np.random.default_rng(3)
    odds = rng.normal(size=4000)
    hits = (rng.random(4000) < 1 / (1 + np.exp(-odds))).astype(float)
    assert calibration_slope(hits, 1 / (1 + np.exp(-odds))) == pytest.approx(1, abs=0.12)
    assert calibration_slope(hits, 1 / (1 + np.exp(-3 * odds))) == pytest.approx(1 / 3, abs=0.04)


def test_success_of_real_runs_is_told_better_than_by_chance() -> None:
    """The gate: AUROC of 0.70 or more by models that never saw the task."""
    figures = {figure.name: figure for figure in gate.measure(_runs())}
    found = figures["success_auroc"]
    assert found.passed
    assert found.low > 0.5
    assert figures["success_calibration_slope"].low < 1 < figures["success_calibration_slope"].high


def test_no_runs_is_a_sentence(tmp_path: Path) -> None:
    """Prevents a traceback where a folder is empty."""
    with pytest.raises(AssayError, match="no runs"):
        gate.measure(tmp_path)
