"""One request: its bytes to contract lines, and what of them landing will refuse."""

import zlib
from dataclasses import dataclass

from orchestration.landing.limits import Limits
from orchestration.landing.reasons import Refused
from orchestration.sources.source import Source

PROTOBUF, JSON = "application/x-protobuf", "application/json"
_GZIP = 16 + zlib.MAX_WBITS
# What is behind the end of a member is copied: where millions of tiny ones follow, little each time.
_WINDOW = 1 << 12


class RefusedRequestError(Exception):
    """An answer that a client must not try again after."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


@dataclass(frozen=True)
class Translated:
    lines: bytes
    count: int
    refused: int
    why: str = ""  # reasons and paths; never a value


def unpacked(body: bytes, encoding: str, most: int) -> bytes:
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise RefusedRequestError(415, "Content-Encoding may be gzip or identity.")
    try:
        return _gunzipped(body, most)
    except zlib.error:
        raise RefusedRequestError(400, "The body is no gzip.") from None


def _gunzipped(body: bytes, most: int) -> bytes:
    """All its members: a gzip may have several, one behind the other."""
    content, unpacker, at = bytearray(), zlib.decompressobj(_GZIP), 0
    while at < len(body):
        if unpacker.eof:
            unpacker = zlib.decompressobj(_GZIP)
        window = body[at : at + _WINDOW]
        content += unpacker.decompress(window, most + 1 - len(content))
        if len(content) > most:
            raise too_large(most)
        at += len(window) - len(unpacker.unused_data)
    if not unpacker.eof:
        raise RefusedRequestError(400, "The gzip is cut off.")
    return bytes(content)


def too_large(most: int) -> RefusedRequestError:
    return RefusedRequestError(413, f"A request may have {most} bytes, unpacked; send smaller batches.")


def translated(content: bytes, source: Source, limits: Limits) -> Translated:
    """What landing will refuse goes into the inbox too: it is kept in quarantine for a replay."""
    refused: list[Refused] = []
    lines = source.translate(content, limits, refused) if content else b""
    if lines is None or lines.startswith(b'{"kind":"otlp_protobuf"'):
        raise RefusedRequestError(400, "The body is no request of this path's.")
    why = sorted({f"{one.reason.value} at {one.path}" for one in refused})
    return Translated(lines, lines.count(b"\n"), len(refused), ", ".join(why[:5]))
