"""One answer: what of it the passages carry, what of the question it takes up, what it declines."""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.scoring.answer_quality.instructions import without_instructions
from orchestration.scoring.answer_quality.refusal import declines
from orchestration.scoring.words import Words, sentences, words

# Characters that are read; what is longer is long enough to be judged by its beginning.
OF_QUESTION, OF_ANSWER, OF_PASSAGES = 4_000, 8_000, 40_000
# An answer that declines and has no more content words than this beside that declines as a whole.
WORDS_BESIDE = 5


@dataclass(frozen=True)
class Answer:
    """An answer without sentences that talk to the scorer, and with those that decline apart."""

    claims: Words
    declined: int  # sentences
    stated: int
    manipulates: bool

    @property
    def refuses(self) -> bool:
        return self.declined > 0 and len(self.claims.content) <= WORDS_BESIDE


def read_answer(text: str) -> Answer:
    text, manipulates = without_instructions(text[:OF_ANSWER])
    said = sentences(text)
    claims = [sentence for sentence in said if not declines(sentence)]
    return Answer(
        words("\n".join(claims), OF_ANSWER), len(said) - len(claims), len(claims), manipulates
    )


def read_passages(texts: Sequence[str]) -> Words:
    """All as one text, each with an equal share of what is read."""
    each = OF_PASSAGES // max(len(texts), 1)
    return words("\n".join(text[:each] for text in texts), OF_PASSAGES)


def grounding(answer: Answer, source: Words) -> float:
    """The mean of two shares that stand in the passages: of its distinct words, which tell whether it
    is about the same things, and of its pairs of neighbours, whether it says the same of them."""
    content, pairs = answer.claims.content, answer.claims.pairs
    if not content:
        return 0.0
    carried = len(content & source.vocabulary) / len(content)
    return (carried + (len(pairs & source.pairs) / len(pairs) if pairs else carried)) / 2


def covered(question: Words, source: Words) -> float:
    """Share of the question's words that the passages hold; what a refusal would have to explain."""
    return (
        len(question.content & source.vocabulary) / len(question.content) if question.content else 0.0
    )


def relevance(question: Words, answer: Answer) -> float | None:
    """Share of the question's words that the answer takes up."""
    if not question.content:
        return None
    return len(question.content & answer.claims.content) / len(question.content)


def completeness(question: str, answer: Answer, is_cut: bool) -> float | None:
    """Share of the question's sentences of which the answer takes up a word, less what declines."""
    parts = [words(part, OF_QUESTION).content for part in sentences(question[:OF_QUESTION])]
    parts = [part for part in parts if part]
    if not parts:
        return None
    met = sum(not part.isdisjoint(answer.claims.content) for part in parts) / len(parts)
    stated = answer.stated / (answer.stated + answer.declined) if answer.declined else 1.0
    return met * stated * (0.5 if is_cut else 1.0)
