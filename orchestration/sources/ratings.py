"""What a score of a user says. No system tells whether a 1 is a thumb up or one star of five."""

import re
from typing import Any

from orchestration.sources.source import Line

# Scores that users give, by their names; the rest is somebody's judgement.
_BY_USERS = re.compile(r"(?:^|[^a-z])(?:user|thumbs?|feedback|ratings?|stars?|csat|likes?)(?:$|[^a-z])")
_STARS = re.compile(r"ratings?|stars?|csat")


def is_by_users(name: Any) -> bool:
    return _BY_USERS.search(str(name).lower()) is not None


def rated(name: Any, value: Any) -> Line | None:
    """None for a share, such as 0.9: it is neither a thumb nor a star."""
    if -1 < value < 1 and value != 0:
        return None
    if _STARS.search(str(name).lower()) or value > 1:
        return {"type": "stars", "value": value}
    return thumb(value)


def thumb(value: Any) -> Line:
    """Thumbs are -1 and 1, or 0 and 1."""
    return {"type": "thumb", "value": 1 if value == 1 else -1 if value in (0, -1) else value}


def in_words(label: Any) -> Line:
    """A word without a number is a reason."""
    return {"type": "text", "reasons": [label] if label else None}
