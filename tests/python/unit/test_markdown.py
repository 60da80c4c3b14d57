"""Row 28 of the acceptance list: words of others in Markdown make no links, tables or HTML."""

import re

import pytest

from orchestration.reports.markdown import inert
from orchestration.scoring.questions.drafts import Brief, Source, template

# What GitHub's dialect and many renderers link without being asked to.
_LINKED = re.compile(r"https?://|ftp://|www\.|\w@\w", re.IGNORECASE)
LINKS = [
    "https://evil.example/login", "HTTP://evil.example", "ftp://evil.example", "www.evil.example",
    "Www.evil.example", "a@b.example", "mailto:a@b.example", "see:https://evil.example", "h\u200bttps://x.y",
]  # fmt: skip


@pytest.mark.parametrize("text", LINKS)
def test_nothing_becomes_a_link_by_itself(text: str) -> None:
    """And it reads as before: what was added are backslashes."""
    assert not _LINKED.search(inert(text))
    assert inert(text).replace("\\", "") == text.replace("\u200b", "")
    said = template(Brief("gap-1", "w", text, [text], [Source(text, text, text)]))
    assert not _LINKED.search(said)


@pytest.mark.parametrize("name", ["gpt-4.1-mini", "7 of 8.", "12:30 to 13:00", "$1,234.50", "a.b/c:d"])
def test_other_words_stay_as_they_are(name: str) -> None:
    """Prevents numbers that no longer are those of a mart."""
    assert inert(name) == name


def test_markup_is_only_shown() -> None:
    assert inert("`*_{}[]<>|#!~\\\n x\x07") == r"\`\*\_\{\}\[\]\<\>\|\#\!\~\\ x"
