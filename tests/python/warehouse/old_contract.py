"""The contract as it was before it knew some kinds."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import reduce
from operator import or_
from unittest.mock import patch

import msgspec

from orchestration.landing import contract, diagnose, parse


@contextmanager
def contract_without(kinds: Collection[str]) -> Iterator[None]:
    known = {kind: struct for kind, struct in contract.KINDS.items() if kind not in kinds}
    decoder = msgspec.json.Decoder(reduce(or_, known.values()))
    with (
        patch.object(diagnose, "KINDS", known),
        patch.object(diagnose, "DECODER", decoder),
        patch.object(parse, "DECODER", decoder),
    ):
        yield
