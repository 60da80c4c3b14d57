"""OpenTelemetry: a file of spans against the same turns as native lines; spans into the receiver."""

import gzip
import json
import os
import random
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from orchestration.bench.clock import Clock
from orchestration.bench.dbt import bench_folder
from orchestration.bench.scratch import scratch_database
from orchestration.bench.timing import percentile
from orchestration.errors import AssayError
from orchestration.landing.lander import Lander
from orchestration.landing.limits import Limits
from orchestration.sources.otlp import OTLP_JSON
from orchestration.warehouse.build import build_models
from orchestration.warehouse.connection import connect

_START_NS = 1_772_359_200_000_000_000
_A_REQUEST = 500  # spans, as exporters and the collector batch them
_LANDINGS = 11  # pairs: by five of them, runs one after the other said 0.43 to 0.58
_POSTED = 100  # spans of a request to the receiver
_SENDERS = 4
_PATIENCE_S = 120.0
_HEADERS = {"content-type": "application/json", "content-encoding": "gzip"}
_WORDS = "the quick report about invoices that nobody has read since the office moved to another town"


def spans_of_turns(
    turns: int, chance: random.Random, start_ns: int = _START_NS
) -> Iterator[dict[str, Any]]:
    """A chain around a retrieval and a call with their texts; every third turn calls a tool, too."""
    for turn in range(turns):
        trace, began = f"{chance.getrandbits(128):032x}", start_ns + turn * 40_000_000
        question = " ".join(chance.sample(_WORDS.split(), 8))
        common = {"session.id": f"s{turn // 4}", "user.id": f"u{turn // 9}"}
        parts: list[tuple[str, dict[str, Any], int, int]] = [
            ("chain", {"openinference.span.kind": "CHAIN", "input.value": question,
                       "output.value": question, **common}, 0, 900),
            ("search", _retrieval(question, chance), 10, 80),
            ("ChatCompletion", _call(question, chance, common), 120, 700),
        ]  # fmt: skip
        if turn % 3 == 0:
            parts.append(("calc", {"openinference.span.kind": "TOOL", "tool.name": "calc"}, 100, 15))
        for number, (name, said, after_ms, ms) in enumerate(parts):
            at = began + after_ms * 1_000_000
            yield {
                "traceId": trace,
                "spanId": f"{chance.getrandbits(64):016x}",
                "parentSpanId": "" if number == 0 else trace[:16],
                "name": name,
                "kind": 1,
                "startTimeUnixNano": str(at),
                "endTimeUnixNano": str(at + ms * 1_000_000 + chance.randrange(1_000_000)),
                "attributes": [{"key": key, "value": _value(one)} for key, one in said.items()],
                "status": {},
            }


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - the same spans every time, not secrets


def _call(question: str, chance: random.Random, common: dict[str, str]) -> dict[str, Any]:
    return {
        "openinference.span.kind": "LLM",
        "llm.provider": "openai",
        "llm.model_name": chance.choice(["gpt-4o-mini", "gpt-4o"]),
        "llm.invocation_parameters": '{"temperature": 0.2}',
        "llm.token_count.prompt": chance.randrange(500, 3000),
        "llm.token_count.prompt_details.cache_read": chance.randrange(0, 500),
        "llm.token_count.completion": chance.randrange(100, 400),
        "llm.input_messages.0.message.role": "system",
        "llm.input_messages.0.message.content": _WORDS,
        "llm.input_messages.1.message.role": "user",
        "llm.input_messages.1.message.content": question,
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": _WORDS,
        **common,
    }


def _retrieval(question: str, chance: random.Random) -> dict[str, Any]:
    said: dict[str, Any] = {"openinference.span.kind": "RETRIEVER", "input.value": question}
    for place in range(3):
        before = f"retrieval.documents.{place}.document"
        said[f"{before}.id"] = f"kb-{chance.randrange(500)}"
        said[f"{before}.score"] = round(chance.random(), 4)
        said[f"{before}.content"] = _WORDS
    return said


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}


def _requests(spans: Iterator[dict[str, Any]], size: int) -> Iterator[bytes]:
    inside: list[dict[str, Any]] = []
    for span in spans:
        inside.append(span)
        if len(inside) == size:
            yield _request(inside)
            inside = []
    if inside:
        yield _request(inside)


def _request(spans: list[dict[str, Any]]) -> bytes:
    service = {"key": "service.name", "value": {"stringValue": "bench"}}
    inside = {"resource": {"attributes": [service]}, "scopeSpans": [{"scope": {}, "spans": spans}]}
    return json.dumps({"resourceSpans": [inside]}, separators=(",", ":")).encode()


def bench_otlp(turns: int) -> dict[str, Any]:
    """The same turns twice, in turns: `otlp_vs_native` is the median of the pairs' quotients."""
    with TemporaryDirectory(dir=bench_folder()) as folder:
        spans, native = Path(folder, "spans.jsonl"), Path(folder, "native.jsonl")
        limits, count = Limits(), 0
        with spans.open("wb") as told, native.open("wb") as same:
            for record in _requests(spans_of_turns(turns, _chance(1)), _A_REQUEST):
                told.write(record + b"\n")
                same.write(OTLP_JSON.translate(record, limits) or b"")
                count += record.count(b'"spanId"')
        times: dict[Path, list[float]] = {spans: [], native: []}
        lines = 0
        processor = {path: _processor_s(path) for path in times}
        for _ in range(_LANDINGS):
            for path, taken in times.items():
                lines, seconds = _landed(path)
                taken.append(seconds)
        pairs = zip(times[native], times[spans], strict=True)
        return {
            "otlp_spans": count,
            "otlp_lines": lines,
            "otlp_bytes": spans.stat().st_size,
            "native_bytes": native.stat().st_size,
            "otlp_s": [round(seconds, 3) for seconds in times[spans]],
            "native_s": [round(seconds, 3) for seconds in times[native]],
            "otlp_spans_per_s": round(count / min(times[spans])),
            "otlp_cpu_us_per_span": round(processor[spans] / count * 1e6, 1),
            "otlp_cpu_vs_native": round(processor[native] / processor[spans], 3),
            "otlp_vs_native": round(median([lines_s / spans_s for lines_s, spans_s in pairs]), 3),
        }


def _landed(path: Path) -> tuple[int, float]:
    with scratch_database("otlp") as url:
        began = time.perf_counter()
        with Lander(url) as lander:
            counts = lander.land_file(path, 0.0)
        taken = time.perf_counter() - began
        if counts.accepted != counts.lines:
            raise AssayError("Not every line of the bench landed.")
        return counts.lines, taken


def _processor_s(path: Path) -> float:
    """By one process, ours and the server's together: other work changes little of it."""
    with scratch_database("otlp") as url, connect(url=url, autocommit=True) as session:
        clock = Clock.of(session)
        with Lander(url) as lander, path.open("rb") as stream:
            lander.connection()
            began = clock()
            lander.land_stream(stream)
            return clock() - began


def bench_receive(spans_per_s: int, seconds: int) -> dict[str, Any]:
    """Spans at a steady pace into `assay receive`, which lands and refreshes beside."""
    posted = [
        gzip.compress(body, 1)
        for body in _requests(
            spans_of_turns(spans_per_s * seconds * 3 // 10, _chance(2), _now_ns(seconds)), _POSTED
        )
    ]
    with scratch_database("receive") as url:
        build_models(url)
        with _receiver(url) as (process, port):
            acks, refused, began, peak = _sent(posted, spans_per_s, process.pid, port)
            sent_s = time.perf_counter() - began
            lag_s = _until_queryable(url, spans_per_s * seconds * 3 // 10)
            took = time.perf_counter() - began
        spans = _rows(url, "select count(distinct span_id) from raw.query_log")
        total = sum(gzip.decompress(body).count(b'"spanId"') for body in posted)
    return {
        "receive_spans": total,
        "receive_asked_per_s": spans_per_s,
        "receive_queries": spans,
        "receive_offered_per_s": round(total / sent_s),
        "receive_spans_per_s": round(total / took),
        "receive_turned_away": refused,
        "receive_ack_ms_p50": round(1000 * median(acks), 1),
        "receive_ack_ms_p99": round(1000 * percentile(acks, 0.99), 1),
        "receive_queryable_s": round(lag_s, 2),
        "receive_peak_mib": round(peak / 1024, 1),
    }


def _now_ns(seconds: int) -> int:
    return time.time_ns() - seconds * 10**9 - 3600 * 10**9


def _sent(
    posted: list[bytes], spans_per_s: int, pid: int, port: int
) -> tuple[list[float], int, float, float]:
    """Seconds from when a request was due to its acknowledgement; how many came again; most KiB."""
    acks: list[float] = []
    refused = 0
    due = _POSTED / spans_per_s
    local = threading.local()
    peak = 0.0
    began = time.perf_counter()

    def post(number: int) -> tuple[float, int]:
        wanted = began + number * due
        time.sleep(max(0.0, wanted - time.perf_counter()))
        again = 0
        while True:
            if getattr(local, "connection", None) is None:
                local.connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
            local.connection.request("POST", "/v1/traces", posted[number], _HEADERS)
            answer = local.connection.getresponse()
            answer.read()
            if answer.status == 200:
                return time.perf_counter() - wanted, again
            if answer.status != 503:  # else it is no matter of patience
                raise AssayError(f"`assay receive` answered {answer.status}.")
            again += 1
            time.sleep(float(answer.headers.get("retry-after", "1")))

    with ThreadPoolExecutor(_SENDERS) as pool:
        for seconds, again in pool.map(post, range(len(posted))):
            acks.append(seconds)
            refused += again
            peak = max(peak, _resident_kib(pid))
    return acks, refused, began, peak


def _resident_kib(pid: int) -> float:
    """Of a process and of those that it started."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, ValueError):
        return 0.0
    return pages * resource.getpagesize() / 1024 + sum(_resident_kib(int(child)) for child in children)


def _until_queryable(url: str, turns: int) -> float:
    began = time.perf_counter()
    while _rows(url, "select coalesce(sum(queries), 0) from marts.performance_overview") < turns:
        if time.perf_counter() - began > _PATIENCE_S:
            raise AssayError(f"Not all was queryable {_PATIENCE_S:.0f} s later.")
        time.sleep(0.05)
    return time.perf_counter() - began


def _rows(url: str, statement: str) -> int:
    with connect(url=url, autocommit=True, application_name="assay bench") as session:
        row = session.execute(statement.encode()).fetchone()
    return int(row[0]) if row else 0


@contextmanager
def _receiver(url: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, "-m", "orchestration.cli", "receive", "--port", "0"]
    environment = {**os.environ, "ASSAY_DATABASE_URL": url}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = process.stderr.readline() if process.stderr else ""
            yield process, int(said.rpartition(":")[2].partition("/")[0])
        finally:
            process.terminate()
            process.wait()
