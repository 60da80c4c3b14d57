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

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.landing.limits import Limits
from orchestration.landing.packed import CHUNK, BrokenStreamError, refuse_bomb
from orchestration.landing.reasons import Reason

Say = Callable[[Any], Any]
_MOST_ROWS = 4096
# Texts are read as the bytes they are: whether those are UTF-8 is for the rules of a line to say.
_TEXTS = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary(), pa.string_view(): pa.binary()}
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - of times with a zone and of those without
_MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}
_MS_OF_A_DAY = 86_400_000


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, ArithmeticError, LookupError, TypeError):
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
            row, self.say = _reading(pa.struct(list(self.file.schema_arrow)))
            self.schema = pa.schema(list(row))
        _refuse_equal_names(self.schema)
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


def _reading(kind: pa.DataType) -> tuple[pa.DataType, Say]:
    """What a column is read as, and how its values are said: by the type, since an empty map looks like
    a list, and times as numbers, since Python's calendar ends before theirs."""
    if isinstance(kind, pa.UuidType):
        return kind, _as_it_is  # else 16 bytes, which are no text
    if isinstance(kind, pa.BaseExtensionType):
        return _reading(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return _reading(kind.value_type)
    if pa.types.is_timestamp(kind):
        return pa.int64(), _moments(kind)
    if pa.types.is_date(kind):
        return (pa.int32(), _day) if pa.types.is_date32(kind) else (pa.int64(), _day_of_ms)
    if pa.types.is_struct(kind):
        read = {field.name: _reading(field.type) for field in kind}
        fields = [(name, say) for name, (_, say) in read.items()]
        plain = pa.struct([field.with_type(read[field.name][0]) for field in kind])
        return plain, partial(_row, fields=fields)
    if pa.types.is_map(kind):
        (key, say_key), (item, say) = _reading(kind.key_type), _reading(kind.item_type)
        return pa.map_(key, item), partial(_object, say_key=say_key, say=say)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        plain, say = _reading(kind.value_type)
        return pa.list_(plain), lambda items: [None if one is None else say(one) for one in items]
    return _TEXTS.get(kind, kind), _as_it_is


def _moments(kind: pa.TimestampType) -> Say:
    """To the microsecond, rounded as a decoder of JSON rounds, so that both say the same."""
    epoch = _EPOCH if kind.tz is None else _EPOCH.replace(tzinfo=dt.UTC)
    zone = None if kind.tz is None else _zone(kind.tz)

    def say(count: int) -> str:
        microseconds = (count + 500) // 1000 if kind.unit == "ns" else count * _MICROSECONDS[kind.unit]
        try:
            when = epoch + dt.timedelta(microseconds=microseconds)
            return (when if zone is None else when.astimezone(zone)).isoformat()
        except OverflowError:  # where the rules refuse it, that is one line
            return str(np.datetime64(count, kind.unit)) + ("" if zone is None else "Z")

    return say


def _zone(name: str) -> dt.tzinfo:
    """UTC, in which times are stored, where a name that only its writer knew says what to show."""
    try:
        zone: dt.tzinfo = pa.lib.string_to_tzinfo(name)
    except (LookupError, ValueError, OSError):
        return dt.UTC
    return zone


def _day(count: int) -> str:
    return str(np.datetime64(count, "D"))


def _day_of_ms(count: int) -> str:
    return _day(count // _MS_OF_A_DAY)


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


def _row(row: dict[str, Any], fields: list[tuple[str, Say]]) -> Any:
    return {name: say(row[name]) for name, say in fields if row[name] is not None}


def _as_it_is(value: Any) -> Any:
    return value


def _object(pairs: list[tuple[Any, Any]], say_key: Say, say: Say) -> Any:
    """With a key twice it stays pairs, which are no object and will be refused."""
    said = [(_name(say_key(key)), None if one is None else say(one)) for key, one in pairs]
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
