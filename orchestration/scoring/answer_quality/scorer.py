"""The scorer `answer_quality`: every part by itself, and one figure over them."""

import math
from collections.abc import Sequence

import numpy as np

from orchestration.scoring.answer_quality.answers import (
    OF_QUESTION,
    Answer,
    completeness,
    covered,
    grounding,
    read_answer,
    read_passages,
    relevance,
)
from orchestration.scoring.scorer import Passage, Scorer, Scores, Turns
from orchestration.scoring.words import words

METRICS = ("quality", "grounding", "relevance", "completeness", "refusal", "manipulation")
# How much each part counts. Chosen, not fitted: people's judgement follows what the passages carry, and
# hardly agrees on the rest (docs/accuracy.md).
OF_GROUNDING, OF_RELEVANCE, OF_COMPLETENESS = 0.8, 0.1, 0.1
# Below this most people call an answer unfaithful; held-out thresholds are 0.51 (docs/accuracy.md).
WEAK_BELOW = 0.5
CUT = frozenset({"length", "max_tokens", "max_output_tokens", "MAX_TOKENS"})

_NAN = math.nan
_Row = tuple[float, float, float, float, float, float]


def score(turns: Turns) -> Scores:
    rows: list[_Row] = []
    labels: list[str | None] = []
    for question, answer, passages, retrievals, status, refused, finish in zip(
        turns["query_text"], turns["response_text"], turns["passages"], turns["retrievals"],
        turns["status"], turns["refused"], turns["finish_reason"], strict=True,
    ):  # fmt: skip
        if status != "ok" or answer is None:
            label, row = None, (_NAN,) * 6
        elif not answer.strip():
            label, row = "no_answer", (0.0, _NAN, _NAN, 0.0, 0.0, 0.0)
        else:
            said = read_answer(answer)
            texts = [passage.text for passage in passages if passage.text]
            if refused == 1 or said.refuses:
                label, row = "refused", _refused(said, question or "", texts)
            else:
                nothing = _nothing_to_compare(passages, texts, retrievals)
                row = _answered(said, question or "", texts, finish in CUT, nothing is None)
                label = nothing or ("weak" if row[0] < WEAK_BELOW else "grounded")
        rows.append(row)
        labels.append(label)
    columns = np.array(rows, np.float64).reshape(len(rows), len(METRICS))
    return Scores(dict(zip(METRICS, columns.T, strict=True)), labels)


def _nothing_to_compare(
    passages: Sequence[Passage], texts: Sequence[str], retrievals: float
) -> str | None:
    if texts:
        return None
    if passages:
        return "no_passage_texts"
    # A retrieval that found nothing carries no claim at all.
    return None if retrievals > 0 else "no_retrieval"


def _refused(said: Answer, question: str, texts: Sequence[str]) -> _Row:
    """Declining claims nothing that could be grounded. It helps nobody, so it is worth half at best,
    and less the more of the question's words were retrieved: then there was something to say."""
    was_covered = covered(words(question, OF_QUESTION), read_passages(texts)) if texts else 0.0
    return (0.5 * (1 - was_covered), _NAN, _NAN, 0.0, 1.0, float(said.manipulates))


def _answered(
    said: Answer, question: str, texts: Sequence[str], is_cut: bool, is_comparable: bool
) -> _Row:
    met = relevance(words(question, OF_QUESTION), said)
    whole = completeness(question, said, is_cut)
    carried = grounding(said, read_passages(texts)) if is_comparable else None
    weighed = [
        (part, weight)
        for part, weight in (
            (carried, OF_GROUNDING),
            (met, OF_RELEVANCE),
            (whole, OF_COMPLETENESS),
        )
        if part is not None
    ]
    # What is not grounded in anything that was logged has no quality that could be told from here.
    quality = _NAN
    if carried is not None:
        quality = sum(part * weight for part, weight in weighed) / sum(weight for _, weight in weighed)
    return (
        quality,
        _NAN if carried is None else carried,
        _NAN if met is None else met,
        _NAN if whole is None else whole,
        0.0,
        float(said.manipulates),
    )


SCORER = Scorer(
    name="answer_quality",
    version="1",
    reads=(
        "query_text",
        "response_text",
        "passages",
        "retrievals",
        "status",
        "refused",
        "finish_reason",
    ),
    writes=METRICS,
    score=score,
)
