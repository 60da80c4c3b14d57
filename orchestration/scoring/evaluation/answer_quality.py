"""`assay evaluate answer_quality`: against people who rated answers over retrieved passages.

Nothing in the scorer is fitted. What could have been chosen by looking, the weights of its parts and
one threshold, is measured on conversations that it was not chosen on.
"""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from orchestration.scoring.answer_quality.scorer import score
from orchestration.scoring.evaluation.agreement import (
    balanced_accuracy,
    best_threshold,
    clustered_interval,
    folds,
    spearman,
)
from orchestration.scoring.evaluation.gates import Figure
from orchestration.scoring.scorer import Floats, Passage, Turns

SAMPLE = "mtrag_human_eval"
# People rate 1 to 4; at most this, on average, is an answer that most of them call unfaithful.
UNFAITHFUL = 2.5
FOLDS = 5
# Of grounding and of each of the other parts.
WEIGHTS = ((1.0, 0.0), (0.9, 0.05), (0.8, 0.1), (0.7, 0.15), (0.6, 0.2), (0.5, 0.25))


def measure(samples: Path) -> list[Figure]:
    answers = _load(samples / SAMPLE)
    said = score(_turns(answers)).metrics
    return [
        _per_answer(answers, said["quality"], "faithfulness", gate=0.60, floor=0.52),
        _per_answer(answers, said["quality"], "completeness"),
        _per_answer(answers, said["quality"], "appropriateness"),
        _weights_held_out(answers, said),
        _by_group(answers, said["quality"]),
        _unfaithful(answers, said["quality"]),
    ]


def _load(folder: Path) -> list[dict[str, Any]]:
    """One dict an answer: what the assistant saw and said, and what people said of it."""
    answers: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.json.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            sample = json.load(file)
        texts = {document["document_id"]: document["text"] for document in sample["documents"]}
        tasks = {task["task_id"]: task for task in sample["tasks"]}
        for rated in sample["evaluations"]:
            task = tasks[rated["task_id"]]
            answers.append(
                {
                    "question_id": rated["task_id"],
                    "conversation": rated["task_id"].split("<::>")[0],
                    "group": (rated["model_id"], task["Collection"]),
                    "question": task["input"][-1]["text"],
                    "answer": rated["model_response"],
                    "passages": [
                        Passage(texts[context["document_id"]], context["document_id"])
                        for context in task["contexts"]
                    ],
                    "ratings": rated["annotations"],
                }
            )
    return answers


def _turns(answers: list[dict[str, Any]]) -> Turns:
    size = len(answers)
    return Turns(
        {
            "query_text": [answer["question"] for answer in answers],
            "response_text": [answer["answer"] for answer in answers],
            "passages": [answer["passages"] for answer in answers],
            "retrievals": np.ones(size),
            "status": ["ok"] * size,
            "refused": np.full(size, np.nan),
            "finish_reason": [None] * size,
        }
    )


def _raters(answer: dict[str, Any], aspect: str) -> list[float]:
    return [float(rating["value"]) for rating in answer["ratings"][aspect].values()]


def _people(answers: list[dict[str, Any]], aspect: str) -> Floats:
    return np.array([np.mean(_raters(answer, aspect)) for answer in answers])


def _clusters(answers: list[dict[str, Any]]) -> list[str]:
    return [answer["question_id"] for answer in answers]


def _per_answer(
    answers: list[dict[str, Any]],
    quality: Floats,
    aspect: str,
    gate: float | None = None,
    floor: float | None = None,
) -> Figure:
    people = _people(answers, aspect)
    low, high = clustered_interval(
        _clusters(answers), lambda places: spearman(quality[places], people[places])
    )
    return Figure(
        name=f"answer_quality.{aspect}_spearman",
        figure=spearman(quality, people),
        low=low,
        high=high,
        n=len(answers),
        gate=gate,
        floor=floor,
        ceiling=_reliability(answers, aspect) ** 0.5,
    )


def _reliability(answers: list[dict[str, Any]], aspect: str) -> float:
    """Of the mean of the raters, by Spearman and Brown from how two of them agree: nothing can agree
    with a mean better than by its root."""
    rows = np.array(
        [raters for raters in (_raters(answer, aspect) for answer in answers) if len(raters) == 3]
    )
    between = np.mean([spearman(rows[:, a], rows[:, b]) for a, b in ((0, 1), (0, 2), (1, 2))])
    return float(3 * between / (1 + 2 * between))


def _by_group(answers: list[dict[str, Any]], quality: Floats) -> Figure:
    people = _people(answers, "faithfulness")
    names = sorted({answer["group"] for answer in answers})
    of = np.array([names.index(answer["group"]) for answer in answers])

    def agreement(places: np.ndarray) -> float:
        sizes = np.bincount(of[places], minlength=len(names))
        there = sizes > 0
        means = [
            np.bincount(of[places], weights=values[places], minlength=len(names))[there] / sizes[there]
            for values in (quality, people)
        ]
        return spearman(*means)

    low, high = clustered_interval(_clusters(answers), agreement)
    return Figure(
        name="answer_quality.by_model_and_collection_spearman",
        figure=agreement(np.arange(len(answers))),
        low=low,
        high=high,
        n=len(names),
        floor=0.36,
    )


def _weights_held_out(answers: list[dict[str, Any]], said: Mapping[str, Floats]) -> Figure:
    """As the gate, had the weights been chosen: each conversation is scored by those that were best on
    the others."""
    people = _people(answers, "faithfulness")
    tried = [_weighed(said, (of_grounding, rest)) for of_grounding, rest in WEIGHTS]
    found = np.zeros(len(answers))
    fold = folds([answer["conversation"] for answer in answers], FOLDS)
    for one in range(FOLDS):
        held_out = fold == one
        best = max(tried, key=lambda scores: spearman(scores[~held_out], people[~held_out]))
        found[held_out] = best[held_out]
    low, high = clustered_interval(
        _clusters(answers), lambda places: spearman(found[places], people[places])
    )
    return Figure(
        name="answer_quality.faithfulness_spearman_weights_held_out",
        figure=spearman(found, people),
        low=low,
        high=high,
        n=len(answers),
        floor=0.52,
    )


def _weighed(said: Mapping[str, Floats], weights: tuple[float, float]) -> Floats:
    """Quality with other weights of grounding and of each of the rest."""
    of_grounding, of_rest = weights
    sums, total = np.zeros_like(said["quality"]), np.zeros_like(said["quality"])
    for name, weight in (
        ("grounding", of_grounding),
        ("relevance", of_rest),
        ("completeness", of_rest),
    ):
        judged = ~np.isnan(said[name])
        sums[judged] += weight * said[name][judged]
        total[judged] += weight
    # Refusals have no parts to weigh.
    return np.divide(sums, total, out=said["quality"].copy(), where=said["refusal"] == 0)


def _unfaithful(answers: list[dict[str, Any]], quality: Floats) -> Figure:
    """Balanced accuracy of *weak*, each conversation judged by a threshold chosen on the others."""
    is_bad = _people(answers, "faithfulness") <= UNFAITHFUL
    fold = folds([answer["conversation"] for answer in answers], FOLDS)
    found = np.zeros(len(answers), bool)
    for one in range(FOLDS):
        held_out = fold == one
        found[held_out] = quality[held_out] < best_threshold(quality[~held_out], is_bad[~held_out])
    low, high = clustered_interval(
        _clusters(answers), lambda places: balanced_accuracy(found[places], is_bad[places])
    )
    return Figure(
        name="answer_quality.unfaithful_balanced_accuracy",
        figure=balanced_accuracy(found, is_bad),
        low=low,
        high=high,
        n=len(answers),
        floor=0.5,
    )
