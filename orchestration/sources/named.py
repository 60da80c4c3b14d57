"""Systems that `assay import NAME` knows: their files, and their tables."""

import importlib

from orchestration.sources.database import Database
from orchestration.sources.source import Source

# name -> module, source, tables
_NAMED = {
    "langfuse": ("orchestration.sources.langfuse", "LANGFUSE", "TABLES"),
    "litellm": ("orchestration.sources.litellm", "LITELLM", "TABLES"),
    "phoenix": ("orchestration.sources.phoenix", "PHOENIX", "TABLES"),
}
NAMES = tuple(_NAMED)


def source_named(name: str) -> Source:
    module, source, _ = _NAMED[name]
    found: Source = getattr(importlib.import_module(module), source)
    return found


def database_named(name: str) -> Database:
    module, _, tables = _NAMED[name]
    found: Database = getattr(importlib.import_module(module), tables)
    return found
