"""The scorer `complexity`: how much a prompt asks for, 0 to 1, by the rule that routing goes by."""

import re

import numpy as np

from orchestration.scoring.scorer import Floats, Scorer, Scores, Turns

LONG_WORDS = 100
OF_LENGTH, OF_TERMS, OF_ATTACHMENT, OF_HISTORY, OF_QUESTIONS = 0.2, 0.15, 0.2, 0.1, 0.1
OF_CHARACTERS = 20_000

_WORD = re.compile(r"\S+")
_QUESTION = re.compile("[?\uff1f\u061f\u037e]+")
# Names of things that only people of a trade have names for: by their shape, and a few that have none.
_SHAPES = re.compile(
    r"```|`[^`\n]+`"  # code
    r"|\b[a-z]+(?:_[a-z0-9]+)+\b|\b[a-z]+[A-Z]\w*\b|\b\w+\(\)"  # identifiers
    r"|\b(?=[A-Z0-9]*[A-Z][A-Z0-9]*[A-Z])[A-Z0-9]{3,6}\b"  # acronyms
    r"|\b\w+\.(?:py|js|ts|java|sql|json|yaml|yml|csv|xml|html|sh|cpp|exe|log)\b|\b\d+\.\d+\.\d+\b"
)
_NAMES = re.compile(
    r"\b(?:algorithms?|api|asynchronous|authentication|bandwidth|boolean|cache|compil\w+|config\w*|cron|css"
    r"|database|debug\w*|deploy\w*|dns|docker|encrypt\w+|endpoint|firmware|framework|git|gpu|hash\w*|html|https?"
    r"|hysteresis|integral|javascript|json|kernel|kubernetes|latency|linux|matrix|middleware|mutex|oauth"
    r"|parameters?|payload|polynomial|postgres\w*|protocol|python|query|recursion|refactor\w*|regex\w*"
    r"|registers?|regression|runtime|schema|sdk|sensor|sql|stack ?trace|syntax|tcp|tensor|threads?"
    r"|throughput|tls|token|unicode|vector|webhook|yaml)\b",
    re.IGNORECASE,
)


def complexity(text: str, attachments: float, turn: float) -> tuple[float, float, float, float]:
    """With what it was computed from: words, whether there are technical terms, questions."""
    text = text[:OF_CHARACTERS]
    words = len(_WORD.findall(text))
    questions = len(_QUESTION.findall(text))
    is_technical = has_technical_terms(text)
    # In hundredths, so that 0.2 + 0.15 + 0.1 is 0.45 and stands on its side of a tier's border.
    hundredths = (
        100 * OF_LENGTH * (words >= LONG_WORDS)
        + 100 * OF_TERMS * is_technical
        + 100 * OF_ATTACHMENT * (attachments if attachments > 0 else 0)
        + 100 * OF_HISTORY * (turn > 1)
        + 100 * OF_QUESTIONS * (questions > 1)
    )
    return min(100, round(hundredths)) / 100, float(words), float(is_technical), float(questions)


def has_technical_terms(text: str) -> bool:
    # Shouting is not an acronym.
    shapes = _SHAPES.search(text) if not text.isupper() else None
    return bool(shapes or _NAMES.search(text))


def score(turns: Turns) -> Scores:
    attachments: Floats = turns["attachments"]
    turn: Floats = turns["turn"]
    unknown = (np.nan,) * 4
    rows = [
        unknown if text is None else complexity(text, attachments[place], turn[place])
        for place, text in enumerate(turns["query_text"])
    ]
    columns = np.array(rows, np.float64).reshape(len(rows), 4)
    return Scores(dict(zip(SCORER.writes, columns.T, strict=True)))


SCORER = Scorer(
    name="complexity",
    version="1",
    reads=("query_text", "attachments", "turn"),
    writes=("complexity", "words", "technical_terms", "questions"),
    score=score,
)
