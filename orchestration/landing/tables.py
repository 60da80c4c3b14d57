"""From the contract to columns: which raw table a kind lands in, in which order, as which type."""

import datetime as dt
import types
import typing
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from typing import Any, Union, get_args, get_origin

from msgspec import Struct

from orchestration.landing.contract import FREE, KINDS, PERSON, VAULT, Event, RetrievedDocument

_TYPES = {
    str: "text",
    bool: "boolean",
    int: "bigint",
    float: "double precision",
    Decimal: "numeric",
    dt.datetime: "timestamptz",
    dt.date: "date",
    dict: "jsonb",
    list: "text[]",
}
# What a binary COPY sends: for these two the bytes of the type are made by us.
_SENT_AS_BYTES = {"uuid", "jsonb"}


@dataclass(frozen=True)
class Column:
    name: str
    field: str
    type: str
    required: bool
    marker: str | None

    @property
    def copy_type(self) -> str:
        return "bytea" if self.type in _SENT_AS_BYTES else self.type


@dataclass(frozen=True)
class LogTable:
    """One kind's raw table; every row of it starts with its key, its batch and its line."""

    kind: str
    name: str
    columns: tuple[Column, ...]
    texts: tuple[str, ...]

    @cached_property
    def persons(self) -> tuple[str, ...]:
        return tuple(column.field for column in self.columns if column.marker == PERSON)


@cache
def log_table(struct: type[Event]) -> LogTable:
    kind = str(struct.__struct_config__.tag)
    envelope = Event.__struct_fields__
    fields = [*envelope, *(name for name in struct.__struct_fields__ if name not in envelope)]
    return _table(kind, f"{kind}_log", struct, fields)


@cache
def document_table() -> LogTable:
    return _table(
        "retrieval",
        "retrieval_document",
        RetrievedDocument,
        list(RetrievedDocument.__struct_fields__),
    )


def all_log_tables() -> list[LogTable]:
    return [log_table(struct) for struct in KINDS.values()]


def _table(kind: str, name: str, struct: type[Struct], fields: list[str]) -> LogTable:
    hints = typing.get_type_hints(struct, include_extras=True)
    required = set(struct.__struct_fields__) - {
        field
        for field, default in zip(
            struct.__struct_fields__[::-1], struct.__struct_defaults__[::-1], strict=False
        )
        if default is None
    }
    described = {field: _describe(hints[field]) for field in fields}
    columns = tuple(
        Column(_column_name(field, marker), field, sql_type, field in required, marker)
        for field, (sql_type, marker) in described.items()
        if marker != VAULT and field != "documents"
    )
    texts = tuple(field for field, (_, marker) in described.items() if marker == VAULT)
    return LogTable(kind, name, columns, texts)


def _column_name(field: str, marker: str | None) -> str:
    if marker != PERSON:
        return field
    return "subject_ref" if field == "user_id" else f"{field}_ref"


def _describe(hint: Any) -> tuple[str, str | None]:
    """The Postgres type of an annotated field and its marker."""
    marker = None
    while True:
        origin = get_origin(hint)
        if origin is typing.Annotated:
            marker = next((m for m in get_args(hint)[1:] if m in (VAULT, PERSON, FREE)), marker)
            hint = get_args(hint)[0]
        elif origin in (Union, types.UnionType):
            hint = next(arg for arg in get_args(hint) if arg is not type(None))
        elif origin is typing.Literal:
            return "text", marker
        else:
            break
    if marker == PERSON:
        return "uuid", marker
    return _TYPES[origin or hint], marker
