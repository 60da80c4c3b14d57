"""One call to an OpenAI-compatible endpoint, bounded in time and size whatever the other side does."""

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from orchestration.scoring.judge.config import JudgeConfig
from orchestration.scoring.judge.rubric import REPLY_TOKENS, Form, Request

MOST_BYTES = 256 * 1024
# What an endpoint says that knows no such response_format; also what it says of a wrong model.
_NOT_UNDERSTOOD = frozenset({400, 404, 415, 422, 501})
# What it says of one text and not of the next: a filter of contents, a prompt that is too long.
_OF_THE_TEXT = frozenset({400, 413, 422})
_RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


class CallError(Exception):
    """`why` is one of our own words: what an endpoint says may quote what it was sent."""

    def __init__(
        self,
        why: str,
        is_passing: bool,
        wait_s: float = 0.0,
        is_billed: bool = False,
        is_of_text: bool = False,
    ) -> None:
        super().__init__(why)
        self.why = why
        self.is_passing = is_passing  # worth another try
        self.wait_s = wait_s  # what the endpoint asked for
        self.is_billed = is_billed  # or may be: nobody knows at what price
        self.is_of_text = is_of_text  # somebody is there, who may well judge the next text


@dataclass(frozen=True)
class Reply:
    text: str
    input_tokens: int | None
    output_tokens: int | None


def call(config: JudgeConfig, request: Request, form: Form) -> Reply:
    """No redirects, no proxies: the texts go to the configured host or nowhere."""
    asked = {
        "model": config.model,
        "messages": request.messages,
        "temperature": 0,
        "max_tokens": REPLY_TOKENS,
    }
    body = json.dumps(asked if form is None else asked | {"response_format": form}).encode()
    status, wait_s, raw = _exchange(config, body)
    if status in _RETRIED:
        raise CallError("rate_limited" if status == 429 else "server_error", True, wait_s)
    if status in _NOT_UNDERSTOOD and form is not None:
        raise CallError("format_refused", is_passing=True, is_of_text=True)
    if status in _OF_THE_TEXT:
        raise CallError(f"http_{status}", is_passing=False, is_of_text=True)
    if status != 200:
        raise CallError(f"http_{status}", is_passing=False)
    return _reply(raw)


def _exchange(config: JudgeConfig, body: bytes) -> tuple[int, float, bytes]:
    parts = urlsplit(config.url)
    host, port = parts.hostname or "", parts.port
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(host, port, timeout=config.timeout_s, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=config.timeout_s)
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if config.api_key:
        headers["Authorization"] = f"Bearer {config.api_key}"
    was_sent = False
    try:
        connection.connect()
        was_sent = True
        with _deadline(connection.sock, config.timeout_s):
            connection.request("POST", f"{parts.path}/chat/completions", body, headers)
            response = connection.getresponse()
            raw = response.read(MOST_BYTES + 1)
            return response.status, _wait(response.getheader("Retry-After")), raw
    except (OSError, http.client.HTTPException, ValueError) as error:
        # Who was asked may be writing its answer when we stop listening, and bills it.
        raise CallError("no_connection", is_passing=True, is_billed=was_sent) from error
    finally:
        connection.close()


@contextmanager
def _deadline(sock: socket.socket, seconds: float) -> Iterator[None]:
    """A socket's own timeout begins anew with every byte that trickles in. The connection forgets its
    socket once the reply's head is read, so it is held here."""

    def cut() -> None:
        with suppress(OSError):  # the other side was faster
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _wait(header: str | None) -> float:
    """Seconds; a date is taken for none, since backing off waits anyway."""
    try:
        return max(0.0, float(header or 0))
    except ValueError:
        return 0.0


def _reply(raw: bytes) -> Reply:
    if len(raw) > MOST_BYTES:
        raise CallError("reply_too_large", is_passing=True, is_billed=True, is_of_text=True)
    try:
        said = json.loads(raw)
        text = said["choices"][0]["message"].get("content")
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError) as error:
        raise CallError("reply_unreadable", is_passing=True, is_billed=True, is_of_text=True) from error
    # Who refuses, or thinks until no tokens are left, says nothing and bills it.
    text = text if isinstance(text, str) else ""
    usage = said.get("usage")
    return Reply(text, _count(usage, "prompt_tokens"), _count(usage, "completion_tokens"))


def _count(usage: Any, name: str) -> int | None:
    value = usage.get(name) if isinstance(usage, dict) else None
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9
    return value if is_count else None
