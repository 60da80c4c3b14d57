"""Lines made anew by the translation of today, where a refused line says what it was made of."""

from collections.abc import Mapping
from typing import Any

from orchestration.landing.diagnose import read_json
from orchestration.landing.limits import Limits
from orchestration.landing.reasons import Refused
from orchestration.sources.langfuse.spans import POSTED
from orchestration.sources.named import NAMES, source_named
from orchestration.sources.otlp import OTLP_JSON
from orchestration.sources.source import CAME_AS, Source, spelled


def made_anew(kept: bytes, limits: Limits) -> list[bytes]:
    """The line itself where it does not say, or where nothing can be made of what it says."""
    if f'"{CAME_AS}":'.encode() not in kept:
        return [kept]
    try:
        said = read_json(kept, limits)[CAME_AS]
        source, record = _source(said)
    except (Refused, LookupError, TypeError):
        return [kept]
    lines = source.translate(spelled(record), limits)
    return lines.splitlines() if lines else [kept]


def _source(said: Any) -> tuple[Source, Any]:
    """A request of OpenTelemetry's says itself what it is."""
    if isinstance(said, Mapping) and "source" in said:
        name = said["source"]
        if name == POSTED.name:
            return POSTED, said["record"]
        if name in NAMES:
            return source_named(name), said["record"]
    return OTLP_JSON, said
