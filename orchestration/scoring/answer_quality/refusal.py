"""Sentences that decline, or say that nothing is known, in a handful of languages."""

import re

_VERBS_OF_HELP = r"(?:find|answer|help|provide|assist|discuss|share|tell|say|do that|access|locate)"
_SOURCES = (
    r"(?:documents?|texts?|passages?|context|sources?|articles?|pages?|knowledge base|materials?)"
)
_REFUSALS = (
    rf"\b(?:i|we)(?:'m| am|'re| are)? (?:\w+ )?(?:sorry|unable to|not able to|not aware of|cannot|can't"
    rf"|can not|could not|couldn't|won't|will not|do not|don't|did not|didn't) (?:\w+ ){{0,2}}"
    rf"(?:{_VERBS_OF_HELP}|have|know|seem to have)\b",
    r"\b(?:i|we) have no (?:\w+ ){0,2}(?:information|data|details?|answers?|knowledge|idea)\b",
    rf"\b{_SOURCES} (?:\w+ ){{0,2}}(?:do not|don't|does not|doesn't|did not|didn't) (?:\w+ )?"
    r"(?:provide|mention|specify|contain|include|address|say|cover|give|state|discuss|answer)\b",
    r"\bthere (?:is|are|was|were)(?: no|n't any| not any) (?:\w+ ){0,2}"
    r"(?:information|mention|details?|answers?|data|documents?|results?)\b",
    r"\b(?:no|not enough|insufficient) (?:\w+ )?(?:information|documents?|results?) (?:\w+ )?"
    r"(?:was|were|is|are)? ?(?:found|available|provided)\b",
    r"\b(?:is|are|that's|falls) (?:outside|beyond) (?:of )?(?:my|our|the|what i)\b",
    r"\bich (?:kann|weiß|weiss|habe|finde|konnte) .{0,60}\b(?:nicht|nichts|keine?n?)\b",
    r"\bje (?:ne |n'|suis désolé)",
    r"\b(?:no (?:puedo|tengo|encuentro|encontré|dispongo|sé)|lo siento)\b",
    r"\bnon (?:posso|ho (?:trovato|informazioni)|so|riesco)\b",
    r"\bnão (?:posso|tenho|encontrei|sei|consigo)\b",
)
_REFUSAL = re.compile("|".join(f"(?:{one})" for one in _REFUSALS))


# Each of the patterns needs one of these.
_HINTS = (
    "not", "n't", "n\u2019t", "no ", "sorry", "unable", "aware", "outside", "beyond", "insufficient",
    "nicht", "kein", "je ", "siento", "non ", "não",
)  # fmt: skip


def declines(sentence: str) -> bool:
    """Of a sentence, not of an answer: many answers decline a part and go on."""
    sentence = sentence.lower()
    if not any(hint in sentence for hint in _HINTS):
        return False
    return bool(_REFUSAL.search(sentence.replace("\u2019", "'")))
