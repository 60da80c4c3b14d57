"""A map: which column of somebody's table says which field of the contract. `docs/sources/csv.md`."""

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from orchestration.landing.contract import KINDS, Event
from orchestration.sources.cells import (
    AMOUNTS,
    DURATIONS,
    EPOCHS,
    PLAIN,
    SHARES,
    Convert,
    Type,
    day,
    decimal_of,
    epoch,
    listed,
    moment,
    number,
    of_commas,
    scaled,
    types_of,
    with_point,
)
from orchestration.sources.map_file import (
    From,
    LineMap,
    MapError,
    MapFile,
    Rule,
    Scalar,
    no_field,
    one_of,
    quoted,
    read_file,
)
from orchestration.sources.map_rows import Get, LinePlan, Mapping, Row

__all__ = ["MapError", "Mapping", "read_map"]

UNIX = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# Fields below which a map may name members: `metrics.faithfulness`.
_MEMBERS_ARE_NUMBERS = ("metrics", "quality")
_NUMBERS = (Type.COUNT, Type.NUMBER, Type.MONEY)


def read_map(path: Path) -> Mapping:
    return _Compiler(path, read_file(path)).mapping()


class _Compiler:
    def __init__(self, path: Path, said: MapFile) -> None:
        self.path, self.said = path, said
        self.made = Mapping(path, said)

    def mapping(self) -> Mapping:
        said = self.said
        if not said.lines:
            raise self.error("lines", "name at least one kind of line")
        if len(said.delimiter) != 1:
            raise self.error("delimiter", 'must be one character, such as "," or "\\t"')
        try:
            "".encode(said.encoding)
        except LookupError:
            raise self.error("encoding", "is no encoding that Python knows, such as utf-8") from None
        self.made.skips = self.skips(said.skip)
        self.made.plans = [self.plan(place, line) for place, line in enumerate(said.lines)]
        return self.made

    def error(self, where: str, what: str) -> MapError:
        return MapError(f"{self.path}: {where}: {what}.")

    def plan(self, place: int, line: LineMap) -> LinePlan:
        where = f"lines[{place}]"
        if line.kind not in KINDS:
            raise self.error(f"{where}.kind", f"{line.kind!r} is no kind; {one_of(KINDS)}")
        struct = KINDS[line.kind]
        constants = {"source": self.said.source, **self.said.constants, **line.constants}
        fields = {**self.said.fields, **line.fields}
        # What is said for every line holds where the kind has such a field.
        own = {*line.constants, *line.fields}
        known = types_of(struct)
        for name in [name for name in (*constants, *fields) if name.partition(".")[0] not in known]:
            if name in own:
                raise self.error(f"{where}", no_field(name, line.kind, known))
            constants.pop(name, None)
            fields.pop(name, None)
        if both := sorted(set(line.constants) & set(line.fields)):
            raise self.error(where, f"{quoted(both)} is both a constant and a field")
        for name in line.fields:
            constants.pop(name, None)
        for name in line.constants:
            fields.pop(name, None)
        self.require(where, line.kind, struct, {*constants, *fields})
        return LinePlan(
            line.kind,
            constants,
            {
                tuple(name.split(".")): self.getter(f"{where}.fields.{name}", struct, name, given)
                for name, given in fields.items()
            },
            self.skips(line.skip),
        )

    def require(self, where: str, kind: str, struct: type[Event], given: set[str]) -> None:
        tops = {name.partition(".")[0] for name in given}
        needed = [one.name for one in msgspec.structs.fields(struct) if one.required]
        if missing := [name for name in needed if name not in tops]:
            raise self.error(
                where, f"says nothing of {quoted(missing)}, without which no {kind} lands: give a"
                " column in `fields` or one value in `constants`"
            )  # fmt: skip

    def getter(self, where: str, struct: type[Event], name: str, given: str | From) -> Get:
        how = From(column=given) if isinstance(given, str) else given
        told = [one for one in ("column", "columns", "row") if getattr(how, one) is not None]
        if len(told) != 1:
            raise self.error(where, "needs one of `column`, `columns`, `row`")
        if how.row is not None:
            prefix = how.row
            return lambda row: f"{prefix}{row.number:06}"
        convert = self.convert(where, struct, name, how)
        if how.columns is not None:
            names = how.columns
            self.made.columns.update(names)
            return lambda row: self.joined(row, names)
        column = how.column or ""
        self.made.columns.add(column)
        if how.minus:
            return self.difference(column, how.minus, convert)
        return lambda row: None if self.is_empty(said := row.get(column)) else convert(said)

    def joined(self, row: Row, names: list[str]) -> str | None:
        parts = [row.get(name) for name in names]
        return (
            None
            if all(map(self.is_empty, parts))
            else ":".join("" if part is None else str(part) for part in parts)
        )

    def difference(self, column: str, minus: list[str], convert: Convert) -> Get:
        """Counts that hold others made disjoint; less than nothing stays so, and is refused."""
        self.made.columns.update(minus)

        def get(row: Row) -> Any:
            said = row.get(column)
            if self.is_empty(said):
                return None
            whole = self.number_of(said)
            parts = [row.get(name) for name in minus]
            numbers = [self.number_of(part) for part in parts if not self.is_empty(part)]
            if whole is None or None in numbers:
                return convert(said) if whole is None else str(said)
            rest = str(whole - sum(one for one in numbers if one is not None))
            return convert(rest.replace(".", self.said.decimal))

        return get

    def number_of(self, cell: Any) -> Decimal | None:
        return decimal_of(with_point(cell) if self.said.decimal == "," else cell)

    def is_empty(self, value: Any) -> bool:
        return value is None or (isinstance(value, str) and value.strip() in self.said.empty)

    def convert(self, where: str, struct: type[Event], name: str, how: From) -> Convert:
        top, _, member = name.partition(".")
        kind = types_of(struct)[top]
        if kind is Type.OBJECT and not member and self.said.format == "csv":
            raise self.error(where, f"is an object: name a member, such as {top}.NAME")
        if kind is Type.OBJECT:
            convert: Convert = number if top in _MEMBERS_ARE_NUMBERS else lambda value: value
        elif member:
            raise self.error(where, f"{top} has no members")
        else:
            convert = self.of_type(where, top, kind, how)
        if self.said.decimal == "," and (kind in _NUMBERS or how.unit or top in _MEMBERS_ARE_NUMBERS):
            convert = of_commas(convert)
        if how.values is None:
            return convert
        told, plain = _told(how.values.items()), convert
        return lambda value: plain(value) if (word := told(value)) is None else word

    def of_type(self, where: str, name: str, kind: Type, how: From) -> Convert:
        if kind is Type.TIME:
            return self.time(where, how)
        for option in ("zone", "since"):
            if getattr(how, option) is not None:
                raise self.error(f"{where}.{option}", "only times have one")
        if kind is Type.DATE:
            return day(how.format)
        if kind is Type.LIST:
            return listed(how.separator)
        if how.unit is None:
            return PLAIN[kind]
        units = (
            DURATIONS if name.endswith("_ms")
            else AMOUNTS if kind is Type.MONEY
            else SHARES if kind is Type.NUMBER
            else {}
        )  # fmt: skip
        if how.unit not in units:
            raise self.error(f"{where}.unit", one_of(units) if units else "this field has no unit")
        return scaled(units[how.unit])

    def time(self, where: str, how: From) -> Convert:
        if how.unit is not None:
            if how.unit not in EPOCHS:
                raise self.error(f"{where}.unit", one_of(EPOCHS))
            return epoch(how.unit, self.since(where, how.since or UNIX))
        if how.since is not None:
            raise self.error(f"{where}.since", f"needs a unit; {one_of(EPOCHS)}")
        try:
            zone = ZoneInfo(how.zone) if how.zone else None
        except (ValueError, OSError, LookupError):
            raise self.error(f"{where}.zone", "is no zone, such as UTC or Europe/Paris") from None
        return moment(zone, how.format)

    def since(self, where: str, when: dt.datetime) -> dt.datetime:
        if when.tzinfo is None:
            raise self.error(
                f"{where}.since", "must be a time with its offset, as in 2026-03-02T00:00:00Z"
            )
        return when.astimezone(dt.UTC)

    def skips(self, rules: list[Rule]) -> Callable[[Row], bool]:
        tests = []
        for rule in rules:
            if (rule.values is None) == (rule.empty is None):
                raise self.error("skip", f"{rule.column!r} needs either `values` or `empty`")
            self.made.columns.add(rule.column)
            tests.append((rule.column, _told([(word, True) for word in rule.values or ()]), rule.empty))
        return lambda row: any(
            told(value := row.get(column)) or (empty is not None and self.is_empty(value) is empty)
            for column, told, empty in tests
        )


def _told(words: Iterable[tuple[Scalar, Scalar]]) -> Callable[[Any], Scalar | None]:
    """What a map says of a cell. YAML's `true` is `True` and `TRUE`, too; all else is as it stands."""
    pairs = list(words)  # as a dict, 1 and true would be one
    exact = {str(word): to for word, to in pairs if not isinstance(word, bool)}
    truths = {str(word).lower(): to for word, to in pairs if isinstance(word, bool)}

    def told(value: Any) -> Scalar | None:
        said = str(value).lower() if isinstance(value, bool) else str(value)
        return exact[said] if said in exact else truths.get(said.lower())

    return told
