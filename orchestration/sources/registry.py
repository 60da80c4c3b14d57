"""The sources that a file is recognised as, the most particular first."""

from orchestration.sources.langfuse import LANGFUSE
from orchestration.sources.litellm import LITELLM
from orchestration.sources.otlp import OTLP
from orchestration.sources.source import Source

FOUND: tuple[Source, ...] = (*OTLP, LITELLM, LANGFUSE)


def named(name: str) -> Source:
    return next(source for source in FOUND if source.name == name)
