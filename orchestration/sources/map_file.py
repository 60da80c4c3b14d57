"""A map as it stands in its file: `docs/sources/csv.md`."""

import datetime as dt
import difflib
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from orchestration.errors import AssayError

Scalar = str | int | float | bool


class MapError(AssayError):
    """Something in a map is not as it must be: file, place, what is allowed."""


class From(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How one field comes about."""

    column: str | None = None
    columns: list[str] | None = None  # joined by ":", for ids
    row: str | None = None  # the number of the row, behind this
    unit: str | None = None
    format: str | None = None
    zone: str | None = None
    since: dt.datetime | None = None
    values: dict[Scalar, Scalar] | None = None
    minus: list[str] | None = None
    separator: str | None = None


class Rule(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Rows to leave out: by what stands in a column, or because nothing does."""

    column: str
    values: list[Scalar] | None = None
    empty: bool | None = None


Fields = dict[str, str | From]


class LineMap(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    kind: str
    constants: dict[str, Any] = {}
    fields: Fields = {}
    skip: list[Rule] = []


class MapFile(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    source: str
    lines: list[LineMap]
    format: Literal["csv", "json"] = "csv"
    delimiter: str = ","
    encoding: str = "utf-8"
    decimal: Literal[".", ","] = "."
    columns: list[str] | None = None
    empty: list[str] = msgspec.field(default_factory=lambda: [""])
    constants: dict[str, Any] = {}
    fields: Fields = {}
    skip: list[Rule] = []
    ignore: list[str] = []


def read_file(path: Path) -> MapFile:
    try:
        said = yaml.load(path.read_text(encoding="utf-8"), _UniqueKeys)  # noqa: S506 - a SafeLoader
    except OSError as error:
        raise MapError(f"{path} could not be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise MapError(f"{path} is not UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise MapError(
            f"{path}{where}: this is not YAML: {getattr(error, 'problem', error)}."
        ) from None
    try:
        return msgspec.convert(said, MapFile)
    except msgspec.ValidationError as error:
        raise MapError(f"{path}: {_worded(error)}") from None


class _UniqueKeys(yaml.SafeLoader):
    """Of two equal keys, YAML readers keep the last silently; and to them `no` is false, and Norway."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for name in names:
            if names.count(name) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {name!r} stands there twice", node.start_mark
                )
        return super().construct_mapping(node, deep)


_UniqueKeys.yaml_implicit_resolvers = {
    first: [(tag, match) for tag, match in known if not tag.endswith(":bool") or first in "tTfF"]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _worded(error: msgspec.ValidationError) -> str:
    """As msgspec says it, with what would have been allowed."""
    message, _, where = str(error).partition(" - at `")
    place = where.rstrip("`").removeprefix("$").lstrip(".") or "the map"
    if "unknown field" in message:
        name = message.split("`")[1]
        struct = (
            From if ".fields" in f".{place}" or "[...]" in place
            else Rule if "skip" in place
            else LineMap if place.startswith("lines")
            else MapFile
        )  # fmt: skip
        return f"{place}: there is no key `{name}`; {one_of(struct.__struct_fields__)}."
    return f"{place}: {message.replace('Object missing required field', 'this is missing:')}."


def quoted(names: Any) -> str:
    shown = [f"`{name}`" for name in list(names)[:40]]
    return ", ".join(shown)


def one_of(names: Any) -> str:
    return f"must be one of {quoted(names)}"


def no_field(name: str, kind: str, known: Any) -> str:
    near = difflib.get_close_matches(name, known, 1)
    hint = f"; near it is `{near[0]}`" if near else ""
    return f"a {kind} has no field `{name}`{hint}. It has {quoted(known)}"
