"""OTLP/HTTP: `POST /v1/traces`, and `GET /healthz` with the receiver's own figures.

Langfuse's SDKs send their spans and scores to paths of their own.

Nothing that a client sent is ever logged: answers and figures hold counts, reason codes and paths.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field

import msgspec
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from orchestration.landing.limits import Limits
from orchestration.receiver.committer import Committer, UnavailableError
from orchestration.receiver.limits import ReceiverLimits
from orchestration.receiver.requests import (
    JSON,
    PROTOBUF,
    SCORES,
    TRACES,
    RefusedRequestError,
    Translated,
    too_large,
    translated,
    unpacked,
)
from orchestration.sources.source import Source

Sources = Mapping[str, Source]
Acknowledge = Callable[[Translated, str], Response]
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass
class Figures:
    requests: int = 0
    acknowledged: int = 0
    turned_away: int = 0  # 503: come again
    refused: int = 0  # 400, 413, 415
    lines: int = 0
    lines_for_quarantine: int = 0
    waiting_bytes: int = 0


@dataclass
class Receiver:
    committer: Committer
    limits: ReceiverLimits
    line_limits: Limits = field(default_factory=Limits)
    figures: Figures = field(default_factory=Figures)
    # One: more would only wait for each other, and the event loop stays free to take and refuse.
    translator: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="translator")
    )

    async def traces(self, request: Request) -> Response:
        return await self._answered(request, TRACES, _acknowledgement)

    async def scores(self, request: Request) -> Response:
        return await self._answered(request, SCORES, _counted)

    async def events(self, request: Request) -> Response:
        return await self._answered(request, SCORES, _listed)

    async def _answered(self, request: Request, sources: Sources, acknowledge: Acknowledge) -> Response:
        self.figures.requests += 1
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            if media_type not in sources:
                raise RefusedRequestError(415, f"Send {' or '.join(sources)}.")
            return acknowledge(await self._take(request, media_type, sources), media_type)
        except RefusedRequestError as refused:
            self.figures.refused += 1
            return _status(refused.status, refused.message, media_type)
        except UnavailableError:
            self.figures.turned_away += 1
            answer = _status(503, "Not now: come again.", media_type)
            answer.headers["retry-after"] = str(self.limits.retry_after_s)
            return answer
        except ClientDisconnect:
            return Response(status_code=400)

    async def _take(self, request: Request, media_type: str, sources: Sources) -> Translated:
        if self.committer.is_full:
            raise UnavailableError
        held, most = 0, self.limits.request_bytes
        try:
            parts = []
            async for part in request.stream():
                held += self._reserve(len(part))
                if held > most:
                    raise too_large(most)
                parts.append(part)
            encoding = request.headers.get("content-encoding", "").strip().lower()
            result = await asyncio.get_running_loop().run_in_executor(
                self.translator, self._translated, b"".join(parts), encoding, media_type, sources
            )
            held += self._reserve(len(result.lines))
            if result.lines:
                await self.committer.submit(result.lines)
        finally:
            self.figures.waiting_bytes -= held
        self.figures.acknowledged += 1
        self.figures.lines += result.count
        self.figures.lines_for_quarantine += result.refused
        return result

    def _reserve(self, size: int) -> int:
        if self.figures.waiting_bytes + size > self.limits.waiting_bytes:
            raise UnavailableError
        self.figures.waiting_bytes += size
        return size

    def _translated(self, body: bytes, encoding: str, media_type: str, sources: Sources) -> Translated:
        content = unpacked(body, encoding, self.limits.request_bytes)
        return translated(content, media_type, sources, self.line_limits)

    async def health(self, _: Request) -> Response:
        counts = self.committer.counts
        well = self.committer.is_alive() and counts.connected and not self.committer.is_full
        content = msgspec.json.encode({"ok": well, **asdict(self.figures), **asdict(counts)})
        return Response(content, 200 if well else 503, media_type=JSON)


def _acknowledgement(result: Translated, media_type: str) -> Response:
    answer = ExportTraceServiceResponse()
    if result.refused:
        answer.partial_success.rejected_spans = result.refused
        answer.partial_success.error_message = (
            f"Kept in quarantine: {result.why}. See `assay quarantine list`."
        )
    if media_type == PROTOBUF:
        return Response(answer.SerializeToString(), media_type=PROTOBUF)
    partial = {
        "rejectedSpans": str(result.refused),
        "errorMessage": answer.partial_success.error_message,
    }
    said = {"partialSuccess": partial} if result.refused else {}
    return Response(msgspec.json.encode(said), media_type=JSON)


def _counted(result: Translated, _: str) -> Response:
    """As Langfuse answers a list of scores."""
    said = {"accepted": result.count - result.refused}
    if not result.refused:
        return Response(msgspec.json.encode(said), 202, media_type=JSON)
    more = {"rejected": result.refused, "errors": [{"message": f"Kept in quarantine: {result.why}."}]}
    return Response(msgspec.json.encode(said | more), 207, media_type=JSON)


def _listed(result: Translated, _: str) -> Response:
    """As Langfuse answers a batch of events."""
    why = {"status": 400, "message": f"Kept in quarantine: {result.why}.", "error": "refused"}
    said = {"successes": [], "errors": [why] if result.refused else []}
    return Response(msgspec.json.encode(said), 207, media_type=JSON)


def _status(status: int, message: str, media_type: str) -> Response:
    """As OTLP/HTTP wants it: a `google.rpc.Status`, of which field 2 is the message."""
    if media_type != PROTOBUF:
        return Response(msgspec.json.encode({"message": message}), status, media_type=JSON)
    text = message.encode()
    return Response(bytes([0x12, len(text)]) + text, status, media_type=PROTOBUF)


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
            Route("/v1/traces", receiver.traces, methods=["POST"]),
            Route("/api/public/otel/v1/traces", receiver.traces, methods=["POST"]),
            Route("/api/public/scores", receiver.scores, methods=["POST"]),
            Route("/api/public/ingestion", receiver.events, methods=["POST"]),
            Route("/healthz", receiver.health),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)],
        lifespan=lifespan,
    )
