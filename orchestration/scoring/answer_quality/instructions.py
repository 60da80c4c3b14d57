"""Sentences in an answer that talk to whoever scores it. They are not scored, and are told of."""

import re
import unicodedata

from orchestration.scoring.words import sentences

_WHOM = r"(?:the |your |my |this |any |every )?"
_INSTRUCTION = re.compile(
    "|".join(
        (
            r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instruction|rubric|prompt|rule|criteri|guideline)",
            rf"\b(?:score|rate|grade|mark|evaluate|judge)\b.{{0,30}}\b{_WHOM}(?:this|it|answer|response|reply|me)\b"
            r".{0,30}\b(?:\d+|ten|five|perfect|highest|maximum|full|top|best|correct|excellent)\b",
            r"\b(?:give|assign|award|return|output|respond with|reply with|set)\b.{0,40}"
            r"\b(?:score|rating|grade|marks?|points?)\b.{0,20}(?:\d|\bten\b|\bperfect\b|\bfull\b|\bmax)",
            r"\b(?:give|assign|award)\b.{0,40}\b(?:perfect|highest|maximum|full|top|best)\b"
            r".{0,20}\b(?:score|rating|grade|marks?|points?)\b",
            r"\b(?:note|message|instruction|attention)s?\b.{0,12}\b(?:to|for)\b.{0,12}\b(?:grader|judge|evaluator|scorer|reviewer)",
            r"[\"']?\b(?:score|grounding|quality|faithfulness|relevance|completeness)\b[\"']?\s*[:=]\s*[\"']?\d",
        )
    )
)
# Each of the patterns needs one of these; most texts have none, and are let through at once.
_HINTS = (
    "ignore", "disregard", "forget", "override", "bypass", "score", "rate ", "rating", "grade", "mark",
    "evaluat", "judge", "points", "reviewer", "grounding", "quality",
    "faithful", "relevance", "completeness",
)  # fmt: skip
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


def without_instructions(text: str) -> tuple[str, bool]:
    """The text without such sentences, and whether there were any."""
    folded = _fold(text)
    if not any(hint in folded for hint in _HINTS):
        return text, False
    said = sentences(text)
    kept = [part for part in said if not _INSTRUCTION.search(_fold(part))]
    return "\n".join(kept), len(kept) < len(said)


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).lower()
