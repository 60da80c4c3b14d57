"""Ways to break a line, each with the reason that landing must give for refusing it."""

from collections.abc import Callable
from typing import Any

import msgspec

from orchestration.simulator.lines import encode

Fields = dict[str, Any]
_MARK = "@mark@"


def _with(name: str, value: Any) -> Callable[[Fields], bytes]:
    return lambda fields: encode({**fields, name: value})


def _spelled(name: str, raw: bytes) -> Callable[[Fields], bytes]:
    """Bytes that no encoder would write."""
    quoted = f'"{_MARK}"'.encode()
    return lambda fields: encode({**fields, name: _MARK}).replace(quoted, raw)


def _without(name: str) -> Callable[[Fields], bytes]:
    return lambda fields: encode({key: fields[key] for key in fields if key != name})


def cut(line: bytes) -> bytes:
    """Two thirds of a line, never ending inside a character."""
    return line[: len(line) * 2 // 3].decode(errors="ignore").encode()


def _no_zone(fields: Fields) -> bytes:
    return encode({**fields, "ts": fields["ts"][:23]})


def _same_key_twice(fields: Fields) -> bytes:
    return encode(fields)[:-1] + b',"status":"ok"}'


def _too_deep(fields: Fields) -> bytes:
    nested: Any = 0
    for _ in range(80):
        nested = {"a": nested}
    return encode({**fields, "attributes": nested})


# All of them start from a good `query` line with an id of its own.
WAYS: tuple[tuple[str, str, Callable[[Fields], bytes]], ...] = (
    ("not_json", "BAD_JSON", lambda fields: encode(fields).replace(b'":', b'"=', 1)),
    ("cut_in_the_middle", "BAD_JSON", lambda fields: cut(encode(fields))),
    ("nan", "NOT_FINITE", _spelled("latency_ms", b"NaN")),
    ("negative_tokens", "RANGE", _with("context_tokens", -5)),
    ("no_zone", "NO_TZ", _no_zone),
    ("unknown_kind", "UNKNOWN_KIND", _with("kind", "telepathy")),
    ("missing_id", "MISSING_FIELD", _without("event_id")),
    ("same_key_twice", "DUP_KEY", _same_key_twice),
    ("bad_utf8", "BAD_UTF8", _spelled("query_text", b'"caf\xe9"')),
    ("nul_byte", "NUL_BYTE", _spelled("query_text", b'"a\x00b"')),
    ("lone_surrogate", "BAD_UNICODE", _spelled("query_text", rb'"\ud800"')),
    ("year_1970", "TIME_WINDOW", _with("ts", "1970-01-01T00:00:00.000Z")),
    ("text_for_a_number", "BAD_TYPE", _with("latency_ms", "fast")),
    ("no_such_status", "BAD_VALUE", _with("status", "splendid")),
    ("too_deep", "TOO_DEEP", _too_deep),
    ("infinity", "NOT_FINITE", _spelled("latency_ms", b"1e400")),
    ("fraction_of_a_token", "BAD_TYPE", _with("context_tokens", 12.5)),
    ("missing_status", "MISSING_FIELD", _without("status")),
    ("time_as_a_number", "BAD_TYPE", _with("ts", 1_767_600_000_000)),
    ("share_above_one", "RANGE", _with("confidence", 1.5)),
)


def broken(line: bytes, nth: int, seed: int) -> tuple[str, bytes]:
    """A new line that is refused: the reason and the bytes."""
    _, reason, damage = WAYS[nth % len(WAYS)]
    fields: Fields = msgspec.json.decode(line)
    fields.pop("query_id", None)
    fields["event_id"] = f"broken-{seed:x}-{nth}"
    return reason, damage(fields)


def reordered(line: bytes) -> bytes:
    """The same values in another order of keys."""
    fields: Fields = msgspec.json.decode(line)
    return encode(dict(reversed(fields.items())))


def altered(line: bytes, nth: int) -> bytes:
    """The same key with other content; every other time only the time differs."""
    fields: Fields = msgspec.json.decode(line)
    if nth % 2 and "latency_ms" in fields:
        fields["latency_ms"] = round(fields["latency_ms"] + 1.5, 1)
    else:
        ts = fields["ts"]
        fields["ts"] = f"{ts[:20]}{(int(ts[20:23]) + 1) % 1000:03d}{ts[23:]}"
    return encode(fields)
