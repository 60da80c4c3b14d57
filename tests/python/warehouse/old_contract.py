"""The contract as it was before it knew some kinds, and some fields of others."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from operator import or_
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import msgspec

from orchestration.landing import contract, diagnose, parse


@contextmanager
def contract_without(names: Collection[str]) -> Iterator[None]:
    """`tool` is a kind, `query.feature` a field of one."""
    known = {kind: struct for kind, struct in contract.KINDS.items() if kind not in names}
    fields = {
        kind: SimpleNamespace(
            __struct_fields__=tuple(
                field for field in struct.__struct_fields__ if f"{kind}.{field}" not in names
            )
        )
        for kind, struct in known.items()
        if any(name.startswith(f"{kind}.") for name in names)
    }
    decoder = _Decoder(msgspec.json.Decoder(reduce(or_, known.values())), names)
    with (
        patch.object(diagnose, "KINDS", known | fields),
        patch.object(diagnose, "DECODER", decoder),
        patch.object(parse, "DECODER", decoder),
    ):
        yield


@dataclass(frozen=True)
class _Decoder:
    """Refuses a field as msgspec refuses one that a type does not have."""

    decoder: msgspec.json.Decoder[Any]
    names: Collection[str]

    def decode(self, line: bytes) -> Any:
        event = self.decoder.decode(line)
        kind = event.__struct_config__.tag
        for field in msgspec.json.decode(line):
            if f"{kind}.{field}" in self.names:
                raise msgspec.ValidationError(f"Object contains unknown field `{field}`")
        return event
