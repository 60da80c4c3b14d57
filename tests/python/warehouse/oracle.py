"""What must stand in the warehouse after any history, by the contract alone and without a database.

It shares no code with what it judges. It is told one thing: whether a price contradicts another.
"""

import datetime as dt
import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from typing import Any

Key = tuple[str, str, str]  # workspace, kind, event_id
DEFAULTS = {
    "workspace": "default",
    "source": "native",
    "answered": True,
    "requests": 1,
    "currency": "USD",
    "above_input_tokens": 0,
    "withdrawn": False,
}
# A default is one of its kind alone.
DEFAULTS_OF = {"answered": "feedback", "requests": "cost", "above_input_tokens": "price"} | {
    "withdrawn": "price"
}
TIMES = ("ts", "asked_at", "valid_from", "valid_to")


# Longer than an index takes. A line holds only its name until it is used, so that people can read it.
LONG = "".join(sha256(bytes([n])).hexdigest() for n in range(90))


@dataclass(frozen=True)
class Line:
    """One line of a file, and why it must be refused, if it must."""

    text: str
    refused: str | None = None

    @property
    def bytes(self) -> bytes:
        return self.text.replace("LONG", LONG).encode("utf-8", "surrogateescape")

    @property
    def fields(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.bytes)
        return said

    def respelled(self, chance: random.Random) -> "Line":
        """The same content: another order, defaults and nulls spelled out, another offset."""
        if self.refused is not None:
            return self
        fields = json.loads(self.text)
        for name, value in DEFAULTS.items():
            if DEFAULTS_OF.get(name, fields["kind"]) == fields["kind"] and name != "currency":
                fields.setdefault(name, value)
        fields["ts"] = dt.datetime.fromisoformat(fields["ts"]).astimezone(dt.UTC).isoformat()
        fields["release"] = None
        names = chance.sample(sorted(fields), len(fields))
        return Line(json.dumps({name: fields[name] for name in names}, indent=None))


def content_of(fields: dict[str, Any], lacked: set[str]) -> str:
    """Equal exactly where the contract, which keeps what it lacks apart, calls the content the same."""
    said = {name: value for name, value in fields.items() if value is not None}
    apart = {name: said.pop(name) for name in lacked if name in said}
    for name in TIMES:
        if name in said:
            said[name] = dt.datetime.fromisoformat(said[name]).astimezone(dt.UTC).isoformat()
    for name in ("amount", "reported_cost", *(name for name in said if name.endswith("_price"))):
        if name in said:
            said[name] = float(Decimal(said[name]))
    said = {name: value for name, value in said.items() if DEFAULTS.get(name, ...) != value}
    if said.get("query_id") == said["event_id"] and said["kind"] == "query":
        del said["query_id"]
    return json.dumps([_plain(said), apart], sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@dataclass
class Batch:
    """`number` is the ledger's, which alone knows it."""

    counts: Counter[str]
    accepted: set[Key]
    number: int = 0


@dataclass
class Oracle:
    lacks: set[str]  # kinds, and fields as `kind.field`, that the contract does not have
    rows: dict[Key, str] = field(default_factory=dict)
    texts: set[Key] = field(default_factory=set)  # queries whose text a scorer can read
    conflicts: set[tuple[Key, str]] = field(default_factory=set)
    quarantine: dict[tuple[bytes, int], Line] = field(default_factory=dict)
    replayed: set[tuple[bytes, int]] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    pending: list[Batch] = field(default_factory=list)
    held: list[Batch] = field(default_factory=list)
    visible: set[Key] = field(default_factory=set)
    scored: set[Key] = field(default_factory=set)

    def land(self, lines: Sequence[Line], batch_lines: int, most: int | None = None) -> list[Batch]:
        """The batches that a file becomes; `most` of them where its lander died."""
        starts = range(0, len(lines), batch_lines)
        return [self._land(lines[at : at + batch_lines], at + 1) for at in starts[:most]]

    def _land(self, lines: Sequence[Line], first_line: int | None) -> Batch:
        batch = Batch(Counter(lines=len(lines)), set())
        digest = sha256(b"\n".join(line.bytes for line in lines)).digest()
        for place, line in enumerate(lines):
            if self._refuses(line):
                batch.counts["quarantined"] += 1
                if first_line is not None:
                    self.quarantine.setdefault((digest, first_line + place), line)
            else:
                batch.counts[self._admit(line.fields, batch)] += 1
        self.counts.update(batch.counts)
        self.pending.append(batch)
        return batch

    def _refuses(self, line: Line) -> bool:
        return line.refused is not None or line.fields["kind"] in self.lacks

    def _admit(self, fields: dict[str, Any], batch: Batch) -> str:
        key = (fields.get("workspace") or "default", fields["kind"], fields["event_id"])
        content = content_of(fields, {name for name in fields if f"{key[1]}.{name}" in self.lacks})
        if key not in self.rows:
            self.rows[key] = content
            batch.accepted.add(key)
            if fields.get("query_text") is not None:
                self.texts.add(key)
            return "accepted"
        if self.rows[key] == content:
            return "duplicate"
        self.conflicts.add((key, content))
        return "conflict"

    def replay(self) -> list[Batch]:
        """What the contract takes now becomes a batch of its own; the rest stays as it is."""
        taken = [
            place
            for place, line in self.quarantine.items()
            if place not in self.replayed and not self._refuses(line)
        ]
        self.replayed.update(taken)
        return [self._land([self.quarantine[place] for place in taken], None)] if taken else []

    def score(self) -> set[Key]:
        """One line for every query that people can see, once; they land like any other."""
        self.scored |= (new := (self.texts & self.visible) - self.scored)
        return {(key[0], "evaluation", f"complexity of {key[2]}") for key in new}

    def scored_in(self, batch: Batch) -> None:
        """Who scores a query again, because a retrieval of it came, says the same."""
        self.counts.update(batch.counts)
        self.pending.append(batch)

    def refresh(self, max_rows: float, refused: Iterable[int] = ()) -> None:
        """Oldest first until `max_rows` are reached; what a check refuses is held."""
        before, taken = 0, []
        for batch in sorted(self.pending, key=lambda batch: batch.number):
            if before < max_rows:
                taken.append(batch)
            before += len(batch.accepted)
        for batch in taken:
            self.pending.remove(batch)
            if batch.number in set(refused) or any(key[2] == "poison" for key in batch.accepted):
                self.held.append(batch)
            else:
                self.visible |= batch.accepted

    def release(self) -> None:
        """Held batches come in, with whatever else waits: the checks are away."""
        for batch in (*self.held, *self.pending):
            self.visible |= batch.accepted
        self.held, self.pending = [], []

    def open_quarantine(self) -> Counter[bytes]:
        places = self.quarantine.keys() - self.replayed
        return Counter(self.quarantine[place].bytes for place in places)

    def queries_seen(self) -> int:
        """Lines of one query_id tell one query."""
        lines = (key for key in self.visible if key[1] == "query")
        return len({(key[0], json.loads(self.rows[key])[0].get("query_id", key[2])) for key in lines})

    def seen(self, kind: str) -> int:
        return sum(key[1] == kind for key in self.visible)
