"""What a map makes of a row: the lines that it becomes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestration.sources.map_file import MapError, MapFile, quoted
from orchestration.sources.source import Line


@dataclass(frozen=True)
class Row:
    number: int
    cells: dict[str, Any]

    def get(self, name: str) -> Any:
        """A column; of JSON, also a member of an object: `usage.input`."""
        if name in self.cells:
            return self.cells[name]
        value: Any = self.cells
        for part in name.split("."):
            if not isinstance(value, dict):
                return None
            value = value.get(part)
        return value


Get = Callable[[Row], Any]


@dataclass(frozen=True)
class LinePlan:
    kind: str
    constants: Line
    getters: dict[tuple[str, ...], Get]
    skips: Callable[[Row], bool]

    def line(self, row: Row) -> Line:
        made: Line = {"kind": self.kind, **self.constants}
        for path, get in self.getters.items():
            value = get(row)
            if value is None:
                continue
            place = made
            for name in path[:-1]:
                inner = place.get(name)
                place[name] = place = dict(inner) if isinstance(inner, dict) else {}
            place[path[-1]] = value
        return made


@dataclass
class Mapping:
    """A map that was read and found in order."""

    path: Path
    said: MapFile
    plans: list[LinePlan] = field(default_factory=list)
    skips: Callable[[Row], bool] = lambda _: False
    columns: set[str] = field(default_factory=set)  # that are read

    def lines(self, row: Row) -> Iterator[Line]:
        if self.skips(row):
            return
        for plan in self.plans:
            if not plan.skips(row):
                yield plan.line(row)

    def require_columns(self, there: list[str]) -> None:
        twice = sorted({name for name in self.columns if there.count(name) > 1})
        if twice:
            raise MapError(
                f"The header has {quoted(twice)} more than once: of which is the map to read?"
            )
        missing = sorted(self.columns - set(there))
        if missing:
            raise MapError(
                f"{self.path} reads {quoted(missing)}, and the header has no such column."
                f" It has {quoted(there)}."
            )

    def unmapped(self, there: list[str]) -> list[str]:
        known = self.columns | set(self.said.ignore)
        tops = {name.partition(".")[0] for name in known}
        return [name for name in there if name not in known and name not in tops]
