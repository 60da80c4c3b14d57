"""Success of agent runs (tau_bench), told from their trajectories by models that never saw the task."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from orchestration.errors import AssayError
from orchestration.scoring.evaluation.gates import Figure
from orchestration.scoring.logistic import (
    auroc,
    calibration_slope,
    folds_of,
    out_of_fold,
)
from orchestration.scoring.scorer import Floats
from orchestration.scoring.success import Trajectory, columns_of, features_of

GATE = 0.70
_FOLDS = 10
_SPLITS = 8  # one split of a hundred runs is a matter of luck: figures are averages over several
_DRAWS = 1_000


def measure(samples: Path) -> list[Figure]:
    columns, hits, tasks = read(samples / "tau_bench")
    chances = np.column_stack(
        [out_of_fold(columns, hits, folds_of(tasks, _FOLDS, split)) for split in range(_SPLITS)]
    )
    drawn = np.array([_figures(hits[rows], chances[rows]) for rows in _resampled(tasks)])
    low, high = np.nanpercentile(drawn, [2.5, 97.5], axis=0)
    base = float(np.mean((hits - hits.mean()) ** 2))
    n = len(hits)
    return [
        Figure(name, float(figure), float(low[i]), float(high[i]), n, gate, floor, ceiling)
        for i, (name, figure, gate, floor, ceiling) in enumerate(
            zip(
                ("success_auroc", "success_brier_skill", "success_calibration_slope"),
                _figures(hits, chances),
                (GATE, None, None),
                (0.5, 0.0 if base else None, None),
                (1.0, 1.0, None),
                strict=True,
            )
        )
    ]


def _figures(hits: Floats, chances: Floats) -> tuple[float, float, float]:
    """AUROC; share of the base rate's squared error that is saved; slope of the log-odds."""
    base = float(np.mean((hits - hits.mean()) ** 2))
    splits = chances.T
    return (
        float(np.mean([auroc(hits, split) for split in splits])),
        float(1 - np.mean((chances - hits[:, None]) ** 2) / base) if base else float("nan"),
        float(np.mean([calibration_slope(hits, split) for split in splits])) if base else float("nan"),
    )


def _resampled(tasks: Floats) -> Iterator[Any]:
    """Whole tasks are drawn: runs of one task are no two witnesses."""
    rng = np.random.default_rng(0)
    names, place = np.unique(tasks, return_inverse=True)
    rows = [np.flatnonzero(place == i) for i in range(len(names))]
    for _ in range(_DRAWS):
        yield np.concatenate([rows[i] for i in rng.integers(0, len(names), len(names))])


def read(folder: Path) -> tuple[Floats, Floats, Floats]:
    """Columns of features, rewards, and which task each run tried."""
    files = sorted([*folder.glob("*.json.gz"), *folder.glob("*.json")])
    if not files:
        raise AssayError(f"There are no runs in {folder} (*.json or *.json.gz).")
    rows, rewards, tasks = [], [], []
    for file in files:
        for run in json.loads(_bytes(file)):
            rows.append(features_of(_trajectory(run["traj"])))
            rewards.append(float(run["reward"] >= 1))
            tasks.append(f"{_domain(file)}/{run['task_id']}")
    place = np.unique(tasks, return_inverse=True)[1]
    return columns_of(np.array(rows)), np.array(rewards), np.asarray(place, np.float64)


def _domain(file: Path) -> str:
    """Files of one domain share its tasks, whatever trials they hold."""
    return file.name.partition("_trial")[0].partition(".")[0]


def _bytes(file: Path) -> bytes:
    content = file.read_bytes()
    return gzip.decompress(content) if file.suffix == ".gz" else content


def _trajectory(messages: list[dict[str, Any]]) -> Trajectory:
    said = [message for message in messages if message["role"] == "assistant"]
    return Trajectory(
        asked=sum(message["role"] == "user" for message in messages),
        answers=[message["content"] for message in said if message.get("content")],
        calls=[
            (call["function"]["name"], call["function"]["arguments"])
            for message in said
            for call in message.get("tool_calls") or ()
        ],
        tool_errors=sum(
            str(message.get("content")).lstrip().lower().startswith("error")
            for message in messages
            if message["role"] == "tool"
        ),
    )
