"""Texts as words that can be compared: for any language, in time that grows with the text."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

# Letters by which a word is compared: endings go, in English as in Spanish, without a list of them.
STEM = 6
# Shorter words are mostly articles and prepositions; numbers and scripts other than Latin always count.
SHORT = 3

# Scripts that write without blanks: every character is a word.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
)
# Vowel signs and points stand inside words, but are no letters to `re`.
_SIGNS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u200c\u200d]")
_ASCII_STEM = re.compile(rf"([a-z0-9]{{1,{STEM}}})[a-z0-9]*")
_ANY_STEM = re.compile(rf"([^\W_]{{1,{STEM}}})[^\W_]*")
_ASCII_CONTENT = re.compile(rf"([a-z0-9]{{{SHORT + 1},{STEM}}}|\b[0-9]{{1,{SHORT}}}\b)[a-z0-9]*")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|[\n\r\u2028\u2029]+|(?<=[\u3002\uff01\uff1f\u061f\u0964])")


@dataclass(frozen=True)
class Words:
    """Of one text, in small letters."""

    text: str

    @cached_property
    def stems(self) -> list[str]:
        """Every word, in order."""
        return (_ASCII_STEM if self.text.isascii() else _ANY_STEM).findall(self.text)

    @cached_property
    def vocabulary(self) -> set[str]:
        return set(self.stems)

    @cached_property
    def content(self) -> set[str]:
        """Distinct words that carry meaning."""
        if self.text.isascii():
            return set(_ASCII_CONTENT.findall(self.text))
        return {
            stem
            for stem in self.vocabulary
            if len(stem) > SHORT or not stem.isalpha() or not stem.isascii()
        }

    @cached_property
    def pairs(self) -> set[tuple[str, str]]:
        """Distinct pairs of neighbouring words."""
        return set(pairwise(self.stems))


def words(text: str, most: int) -> Words:
    """Of the first `most` characters."""
    text = text[:most].lower()
    if not text.isascii():
        # Compatibility forms may be eighteen times as long as what was written.
        text = unicodedata.normalize("NFKC", text)[:most]
        text = _UNSPACED.sub(r" \g<0> ", _SIGNS.sub("", text))
    return Words(text)


def sentences(text: str) -> list[str]:
    return [part for part in _SENTENCE_END.split(text) if part and not part.isspace()]
