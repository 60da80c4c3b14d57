"""The sources that a file is recognised as, the most particular first."""

from orchestration.sources.otlp import OTLP
from orchestration.sources.source import Source

FOUND: tuple[Source, ...] = (*OTLP,)
