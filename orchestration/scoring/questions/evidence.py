"""What was seen of one answer that speaks for a gap or against it, in log-odds.

Each weight is what the sign alone would be worth: 2.0 makes even odds 88 in 100. They are fixed, and
were not fitted to anything that is scored; DECISIONS.md has a worked example.
"""

import numpy as np
from numpy.typing import NDArray

from orchestration.scoring.questions.kernel import Floats
from orchestration.scoring.scorer import Passage, Turns

MOST_BY_DISTANCE = 0.9  # what is far off may be asked oddly, and two other signs outweigh it
PRIOR = -1.4  # before anything is known one question in five is a gap
NOTHING_FOUND = 3.0
WEAK = 1.5  # the best passage scores below what nine of ten cited ones do
CITED = -2.5
UNCITED = 2.5  # passages came back, and the answer leans on none
REFUSED = 1.5
DISLIKED, LIKED = 0.7, -0.7
UNGROUNDED = 3.0  # by how far grounding lies below one half

Bools = NDArray[np.bool_]
READS = ("query_text", "query_vector", "retrievals", "passages", "refused", "answered", "status")


def judged(turns: Turns) -> Bools:
    """Only questions that were looked up, and whose answer did not fail for another reason."""
    status = np.array([one in ("ok", "blocked", "cancelled") for one in turns["status"]])
    said = turns["query_vector"].any(axis=1)
    return np.asarray((turns["retrievals"] > 0) & status & said)


def of_answers(turns: Turns, weak_below: float, cites: bool) -> Floats:
    """`cites`: whether this workspace logs what was cited, so that its absence says something."""
    found = np.array([len(some) > 0 for some in turns["passages"]])
    cited = np.array([any(one.cited for one in some) for some in turns["passages"]], bool)
    best = np.array([_best(some) for some in turns["passages"]])
    refused = (turns["refused"] == 1) | (turns["answered"] == 0)
    odds = np.where(found, 0.0, NOTHING_FOUND)
    odds += np.where(cited, CITED, UNCITED * (found & cites & ~refused))
    odds += WEAK * (best < weak_below)
    odds += REFUSED * refused
    return np.asarray(odds, np.float64)


def of_opinions(likes: Floats, dislikes: Floats, grounding: Floats) -> Floats:
    """What came later: feedback, and how well the answer rests on its passages (NaN: not judged)."""
    odds = np.where(dislikes > likes, DISLIKED, 0.0) + np.where(likes > dislikes, LIKED, 0.0)
    return odds + np.where(np.isnan(grounding), 0.0, UNGROUNDED * (0.5 - grounding))


def probability(coverage: Floats, evidence: Floats) -> Floats:
    """`coverage`: by distance alone, at even odds; NaN where nothing is covered."""
    sure = np.clip(np.nan_to_num(coverage, nan=0.5), 1 - MOST_BY_DISTANCE, MOST_BY_DISTANCE)
    odds = PRIOR + np.log(sure / (1 - sure)) + evidence
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))), np.float64)


def _best(passages: list[Passage]) -> float:
    return max((one.score for one in passages if one.score is not None), default=np.nan)
