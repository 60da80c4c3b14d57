"""Parquet as lines: each row becomes the JSON line that a producer would have written, so that every
rule of a line, its quarantine and its replay hold for it too. A null is a field that is not there."""

import datetime as dt
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.landing.limits import Limits
from orchestration.landing.packed import CHUNK, BrokenStreamError, refuse_bomb
from orchestration.landing.reasons import Reason

Say = Callable[[Any], Any]
_MOST_ROWS = 4096
# Texts are read as the bytes they are: whether those are UTF-8 is for the rules of a line to say.
_TEXTS = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary(), pa.string_view(): pa.binary()}


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError):
        raise BrokenStreamError(Reason.BAD_PARQUET) from None


class ParquetReader(io.RawIOBase):
    """Some rows at a time; how many is told by their size, as the file states it."""

    def __init__(self, packed: BinaryIO, limits: Limits) -> None:
        self.packed_bytes = packed.seek(0, io.SEEK_END)
        self.unpacked_bytes = 0
        with _readable():
            # With a buffer, a column is read as it is needed; without, all of its rows at once.
            self.file = pq.ParquetFile(
                packed, page_checksum_verification=True, pre_buffer=False, buffer_size=CHUNK
            )
            self.schema = pa.schema(
                [field.with_type(_plain(field.type)) for field in self.file.schema_arrow]
            )
        _refuse_equal_names(self.schema)
        self.say = _sayer(pa.struct(list(self.schema)))
        self.rows_at_once = _rows_at_once(self.file.metadata, limits)
        self.lines = self._lines()

    def read(self, size: int = -1, /) -> bytes:
        parts, length = [], 0
        with _readable():
            for line in self.lines:
                parts.append(line)
                length += len(line)
                if 0 <= size <= length:
                    break
        self.unpacked_bytes += length
        refuse_bomb(self.unpacked_bytes, self.packed_bytes)
        return b"".join(parts)

    def prove_sound(self) -> None:
        with _readable():
            for _ in self.file.iter_batches(self.rows_at_once, use_threads=False):
                pass

    def _lines(self) -> Iterator[bytes]:
        for batch in self.file.iter_batches(self.rows_at_once, use_threads=False):
            for row in batch.cast(self.schema, safe=False).to_pylist():
                line = json.dumps(
                    self.say(row), default=_spelled, ensure_ascii=False, separators=(",", ":")
                )
                yield line.encode("utf-8", "surrogateescape") + b"\n"


def _rows_at_once(file: pq.FileMetaData, limits: Limits) -> int:
    """Rows that are larger than a line may be are not even read."""
    sizes = [
        group.total_byte_size // max(1, group.num_rows)
        for group in (file.row_group(number) for number in range(file.num_row_groups))
    ]
    largest = max(sizes, default=0)
    if largest > limits.line_bytes:
        raise BrokenStreamError(Reason.TOO_LARGE)
    return max(1, min(_MOST_ROWS, CHUNK // max(1, largest)))


def _plain(kind: pa.DataType) -> pa.DataType:
    """Without dictionaries, and with times as Python has them: to the microsecond."""
    if isinstance(kind, pa.UuidType):
        return kind  # else 16 bytes, which are no text
    if isinstance(kind, pa.BaseExtensionType):
        return _plain(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_plain(field.type)) for field in kind])
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return pa.list_(_plain(kind.value_type))
    return _TEXTS.get(kind, kind)


def _refuse_equal_names(fields: Any) -> None:
    """Of two fields of one name, a Python row would keep one."""
    names = [field.name for field in fields]
    if len(set(names)) < len(names):
        raise BrokenStreamError(Reason.DUP_KEY)
    for field in fields:
        kind = field.type
        while pa.types.is_list(kind):
            kind = kind.value_type
        if pa.types.is_struct(kind):
            _refuse_equal_names(kind)


def _sayer(kind: pa.DataType) -> Say:
    """How to say values of a type, without nulls: by the type, since an empty map looks like a list."""
    if pa.types.is_struct(kind):
        fields = [(field.name, _sayer(field.type)) for field in kind]
        return lambda row: {name: say(row[name]) for name, say in fields if row[name] is not None}
    if pa.types.is_map(kind):
        return partial(_object, say=_sayer(kind.item_type))
    if pa.types.is_list(kind):
        say = _sayer(kind.value_type)
        return lambda items: [None if one is None else say(one) for one in items]
    return _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _object(pairs: list[tuple[Any, Any]], say: Say) -> Any:
    """With a key twice it stays pairs, which are no object and will be refused."""
    said = [(_name(key), None if one is None else say(one)) for key, one in pairs]
    return dict(said) if len(dict(said)) == len(said) else said


def _name(key: Any) -> str:
    return key if isinstance(key, str) else str(_spelled(key))


def _spelled(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return _number(value)
    return str(value)


def _number(value: Decimal) -> int | float | str:
    """A number, where one holds every digit of it; else as text, which amounts of money may be."""
    if value == value.to_integral_value():
        return int(value)
    number = float(value)
    return number if Decimal(repr(number)) == value else f"{value:f}"
