"""What all rows of Langfuse share."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from orchestration.sources.langfuse.words import KEPT, LANGFUSES, READ
from orchestration.sources.leftovers import Leftovers
from orchestration.sources.reading import asked_in, first, inner, text_of, unpacked, when
from orchestration.sources.source import Line

NAME = "langfuse"


def envelope(said: Mapping[str, Any], moment: str) -> Line:
    return {
        "event_id": said.get("id"),
        "ts": when(said.get(moment)),
        "source": NAME,
        "environment": first(said.get("environment")),
        "release": first(said.get("release")),
        "project": first(said.get("project_id")),
        "trace_id": first(said.get("trace_id")),
        "session_id": first(said.get("session_id")),
        "user_id": first(said.get("user_id")),
    }


def is_users(said: Mapping[str, Any]) -> bool:
    """Judges, experiments and the assistant of Langfuse's own ask as well: that is no user's turn."""
    return not str(said.get("environment")).startswith(LANGFUSES)


def attributes(said: Mapping[str, Any], unknown: Mapping[str, Any] | None = None) -> Line | None:
    kept = Leftovers()
    for name, value in said.items():
        if value in (None, "", [], {}) or name in READ:
            continue
        kept.keep(name, unpacked(value), known=name in KEPT)
    metadata = unpacked(said.get("metadata"))
    for name, value in metadata.items() if isinstance(metadata, Mapping) else ():
        if value not in (None, "", [], {}) and name not in ("resourceAttributes", "scope"):
            kept.keep_words(f"metadata.{name}", unpacked(value))
    for name, value in (unknown or {}).items():
        kept.keep(name, value, known=False)
    return kept.attributes()


def asked(value: Any) -> str | None:
    value = unpacked(value)
    return asked_in(value) or text_of(value)


def answered(value: Any) -> str | None:
    value = unpacked(value)
    if isinstance(value, Mapping) and isinstance(value.get("choices"), list) and value["choices"]:
        value = value["choices"][0]
    return text_of(first(inner(value, "message"), value))


def text(value: Any) -> Any:
    """Numbers as text; what is neither stays as it is, to be refused."""
    return str(value) if isinstance(value, int | float | Decimal) else value
