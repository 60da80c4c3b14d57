"""Questions and answers, put together from many small parts so that few are alike."""

from dataclasses import dataclass

import numpy as np

from orchestration.simulator.knowledge import TECHNICAL_TERMS, TOPICS, Topic

LANGUAGES = ("en", "de", "es", "fr")

_ASK = {
    "en": (
        "How do I change {n}?",
        "What is the best way to handle {n}?",
        "{n} does not work as expected",
        "Why is there a problem with {n}?",
        "can you explain {n}",
        "I need help with {n}, please",
        "Is there a guide to {n}?",
        "trouble with {n} since yesterday",
        "where do I find {n} in the app?",
        "{n} - what are the limits?",
    ),
    "de": (
        "Wie ändere ich das: {n}?",
        "Ich habe Fragen zu diesem Thema: {n}",
        "Seit gestern klappt etwas nicht: {n}",
        "Wo finde ich die Einstellung? Thema: {n}",
    ),
    "es": (
        "¿Cómo cambio {n}?",
        "No funciona {n} desde ayer",
        "Necesito ayuda con {n}",
        "¿Dónde encuentro {n} en la aplicación?",
    ),
    "fr": (
        "Comment modifier {n} ?",
        "J'ai besoin d'aide pour {n}",
        "Problème avec {n} depuis hier",
        "Où trouver {n} dans l'application ?",
    ),
}
_BRIEF = (
    "Create {n}",
    "Please make {n}",
    "I would like {n}, something fresh",
    "Draft {n} for next week",
    "{n}, similar to the last one but calmer",
)
_OPENINGS = {
    "en": ("", "", "", "", "Hi, ", "Hello! ", "Quick question: ", "Sorry to ask again, ", "ok so "),
    "de": ("", "", "Hallo, ", "Guten Tag. ", "Kurze Frage: "),
    "es": ("", "", "Hola, ", "Buenos días. ", "Una duda: "),
    "fr": ("", "", "Bonjour, ", "Une question : ", "Salut, "),
}
_DETAILS = (
    "",
    "",
    "",
    " Thanks a lot.",
    " I have tried turning it off and on.",
    " My partner says it worked last winter.",
    " We live in a small flat on the third floor.",
    " It is urgent, guests arrive tonight.",
    " I read the manual twice.",
    " The house is from 1962 and badly insulated.",
    " (writing from my phone)",
    " 🙏",
    " Same on both phones.",
    " No idea what I did wrong…",
)
_SECOND = (
    " And how long does it take?",
    " Also, does it cost extra?",
    " And can I undo it later?",
    " What happens if the power fails meanwhile?",
    " Does the same hold for the room upstairs?",
)
_STORY = (
    "We moved in last autumn and the previous owner left no papers at all.",
    "The boiler is in the cellar and the wall unit hangs in the corridor next to the stairs.",
    "During the day nobody is at home except for the cat, who likes it warm.",
    "I already talked to an installer who wanted to replace everything, which seems too much.",
    "In the morning the bathroom is fine, but the office stays cold until ten or eleven.",
    "Last week I wrote down all values by hand and they jump around without any pattern.",
    "My neighbour has the same model and says that hers behaves quite differently.",
    "I am not in a hurry, but I want to understand what it does before I change more.",
    "The app shows one thing, the display another, and the meter in the hall a third.",
    "Two years ago somebody added a second circuit, and since then nobody knows the wiring.",
)
_LEADS = (
    "Here is what applies: ",
    "In short: ",
    "Good question. ",
    "You can solve this in the app. ",
    "",
    "Let us go step by step. ",
)
_CLOSINGS = (
    "",
    "",
    " Tell me if that does not help.",
    " You find this under Settings.",
    " Would you like me to open the page?",
)
_REFUSALS = (
    "I could not find anything about this in the help pages.",
    "Sorry, my sources do not cover that. Shall I pass it on to a person?",
    "I have no reliable information on this subject.",
    "That is outside of what I know about your home.",
)
_VAGUE = (
    "It depends on your installation; in general the settings of the device should help.",
    "Many homes differ here. Please check the manual or ask your installer.",
    "You could try to restart the device and look at the energy page.",
    "This usually gets better after some days of learning.",
)
_CREATED = (
    "Done. I kept the tone you asked for and left room for a title.",
    "Here is a first version; say what to change.",
    "Two variants are ready, the second is a little bolder.",
)
BLOCKED_ANSWER = "I cannot help with that request."
COMMENTS_BAD = (
    "did not answer my question",
    "wrong, the menu has another name",
    "too slow today",
    "it repeats itself",
    "=1+1 this looks like a formula, not an answer",
    "leider nicht hilfreich",
)
COMMENTS_GOOD = ("exactly what I needed", "thank you!", "très bien", "quick and clear", "👍")
VARIANTS = 300  # phrasings kept per topic and language
_TYPO_SHARE = 0.12


@dataclass(frozen=True)
class Phrasebook:
    """Ready phrases: `questions[topic][language]`, `answers[topic]`, and parts for all topics."""

    questions: list[list[list[str]]]
    answers: list[list[str]]
    stories: list[str]


def build_phrasebook(rng: np.random.Generator) -> Phrasebook:
    return Phrasebook(
        questions=[[_questions(topic, lang, rng) for lang in LANGUAGES] for topic in TOPICS],
        answers=[_answers(topic, rng) for topic in TOPICS],
        stories=[_story(rng) for _ in range(40)],
    )


def _questions(topic: Topic, language: str, rng: np.random.Generator) -> list[str]:
    asks = _BRIEF if topic.query_type == "creative" and language == "en" else _ASK[language]
    bare = [ask.format(n=name) for ask in asks for name in topic.names[language]]
    if language == "en":
        bare += topic.questions * 3
    details = _DETAILS if language == "en" else ("",)
    picks = rng.integers(0, 1 << 30, size=(VARIANTS, 3)).tolist()
    typos = (rng.random(VARIANTS) < _TYPO_SHARE).tolist()
    openings = _OPENINGS[language]
    return [
        openings[o % len(openings)]
        + (_misspell(bare[q % len(bare)], d) if typo else bare[q % len(bare)])
        + details[d % len(details)]
        for (o, q, d), typo in zip(picks, typos, strict=True)
    ]


def _misspell(text: str, pick: int) -> str:
    """Swap two neighbouring letters, or lose one."""
    at = 1 + pick % max(1, len(text) - 3)
    if pick % 2:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + text[at + 1 :]


def _answers(topic: Topic, rng: np.random.Generator) -> list[str]:
    facts = topic.facts or list(_VAGUE)
    created = _CREATED if topic.surface in ("pictures", "video") else None
    answers = []
    for lead, first, second, closing in rng.integers(0, 1 << 30, size=(80, 4)).tolist():
        if created is not None:
            answers.append(created[first % len(created)])
            continue
        a, b = facts[first % len(facts)], facts[second % len(facts)]
        body = a if a == b else f"{a} {b}"
        answers.append(_LEADS[lead % len(_LEADS)] + body + _CLOSINGS[closing % len(_CLOSINGS)])
    return answers


def _story(rng: np.random.Generator) -> str:
    """More than 100 words, which the complexity rule counts."""
    order = rng.permutation(len(_STORY))[:9]
    return " " + " ".join(_STORY[index] for index in order)


def question(
    book: Phrasebook,
    topic: int,
    language: int,
    pick: int,
    parts: tuple[bool, bool, bool],
) -> str:
    """`parts`: more than 100 words, a technical term, several questions."""
    is_long, is_technical, is_several = parts
    text = book.questions[topic][language][pick % VARIANTS]
    if is_technical:
        text += f" It is about the {TECHNICAL_TERMS[pick % len(TECHNICAL_TERMS)]}."
    if is_long:
        text += book.stories[pick % len(book.stories)]
    if is_several:
        text += ("" if "?" in text else " What can I do?") + _SECOND[pick % len(_SECOND)]
    return text


def answer(book: Phrasebook, topic: int, pick: int, *, grounded: bool, refused: bool) -> str:
    if refused:
        return _REFUSALS[pick % len(_REFUSALS)]
    if not grounded:
        return _VAGUE[pick % len(_VAGUE)]
    answers = book.answers[topic]
    return answers[pick % len(answers)]
