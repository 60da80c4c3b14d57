"""OTLP/HTTP: what `signals` lists may be posted, and `GET /healthz` has the receiver's own figures.

Nothing that a client sent is ever logged: answers and figures hold counts, reason codes and paths.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from functools import partial

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from orchestration.landing.limits import Limits
from orchestration.receiver.answers import status
from orchestration.receiver.committer import Committer, UnavailableError
from orchestration.receiver.limits import ReceiverLimits
from orchestration.receiver.requests import (
    JSON,
    RefusedRequestError,
    Translated,
    too_large,
    translated,
    unpacked,
)
from orchestration.receiver.signals import SIGNALS, Signal
from orchestration.sources.source import Source

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass
class Figures:
    requests: int = 0
    acknowledged: int = 0
    turned_away: int = 0  # 503: come again
    refused: int = 0  # 400, 408, 413, 415
    lines: int = 0
    lines_for_quarantine: int = 0
    waiting_bytes: int = 0


@dataclass
class Receiver:
    committer: Committer
    limits: ReceiverLimits
    line_limits: Limits = field(default_factory=Limits)
    figures: Figures = field(default_factory=Figures)
    # Whether what lands still does; None where that is somebody else's work.
    lands: Callable[[], bool] | None = None
    # One: more would only wait for each other, and the event loop stays free to take and refuse.
    translator: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="translator")
    )

    async def take(self, signal: Signal, request: Request) -> Response:
        self.figures.requests += 1
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            if media_type not in signal.sources:
                raise RefusedRequestError(415, f"Send {' or '.join(signal.sources)}.")
            return await self._take(signal, request, media_type)
        except RefusedRequestError as refused:
            self.figures.refused += 1
            return status(refused.status, refused.message, media_type)
        except UnavailableError:
            self.figures.turned_away += 1
            answer = status(503, "Not now: come again.", media_type)
            answer.headers["retry-after"] = str(self.limits.retry_after_s)
            return answer
        except ClientDisconnect:
            return Response(status_code=400)

    async def _take(self, signal: Signal, request: Request, media_type: str) -> Response:
        if self.committer.is_full:
            raise UnavailableError
        held, most = 0, self.limits.request_bytes
        try:
            parts = []
            async with self._in_time():
                async for part in request.stream():
                    held += self._reserve(len(part))
                    if held > most:
                        raise too_large(most)
                    parts.append(part)
            encoding = request.headers.get("content-encoding", "").strip().lower()
            result = await asyncio.get_running_loop().run_in_executor(
                self.translator, self._translated, b"".join(parts), encoding, signal.sources[media_type]
            )
            held += self._reserve(len(result.lines))
            if result.lines:
                await self.committer.submit(result.lines)
        finally:
            self.figures.waiting_bytes -= held
        self.figures.acknowledged += 1
        self.figures.lines += result.count
        self.figures.lines_for_quarantine += result.refused
        return signal.answer(result, media_type)

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        """Who stalls in the middle of a body would hold its bytes for ever, and others find no room."""
        try:
            async with asyncio.timeout(self.limits.request_s):
                yield
        except TimeoutError:
            most = self.limits.request_s
            raise RefusedRequestError(408, f"A request may take {most} s to arrive.") from None

    def _reserve(self, size: int) -> int:
        if self.figures.waiting_bytes + size > self.limits.waiting_bytes:
            raise UnavailableError
        self.figures.waiting_bytes += size
        return size

    def _translated(self, body: bytes, encoding: str, source: Source) -> Translated:
        content = unpacked(body, encoding, self.limits.request_bytes)
        return translated(content, source, self.line_limits)

    async def health(self, _: Request) -> Response:
        counts = self.committer.counts
        landing = self.lands() if self.lands else None
        takes = self.committer.is_alive() and counts.connected and not self.committer.is_full
        well = takes and landing is not False
        said = {"ok": well, "landing": landing, **asdict(self.figures), **asdict(counts)}
        content = msgspec.json.encode(said)
        return Response(content, 200 if well else 503, media_type=JSON)


def application(receiver: Receiver, hosts: Sequence[str] = LOOPBACK) -> Starlette:
    """`hosts` may be asked for: a page in a browser that calls us by another name is refused."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        receiver.committer.start()
        try:
            yield
        finally:
            await asyncio.to_thread(receiver.committer.stop)
            receiver.translator.shutdown()

    return Starlette(
        routes=[
            *(
                Route(signal.path, partial(receiver.take, signal), methods=["POST"])
                for signal in SIGNALS
            ),
            Route("/healthz", receiver.health),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)],
        lifespan=lifespan,
    )
