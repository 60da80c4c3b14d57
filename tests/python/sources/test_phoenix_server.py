"""Phoenix's own server writes its own tables: the marts say of them what the model's server knows."""

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import loopback
import psycopg
import pytest
from model_server import model_server
from operator_world import until
from systems_world import HERE, PYTHON, Marts, imported, run

from orchestration.refresh.engine import refresh_all

pytestmark = pytest.mark.long

TURNS = 12 + 3 + 2 + 2
CALLS, EMBEDDED = 12 + 3 + 2 * 2, 3


@contextmanager
def phoenix(database_url: str, folder: Path) -> Iterator[str]:
    with ExitStack() as stack:
        free = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2)]
        port, grpc = (str(one.getsockname()[1]) for one in free)
    environment = {
        "PHOENIX_SQL_DATABASE_URL": database_url, "PHOENIX_HOST": "127.0.0.1", "PHOENIX_PORT": port,
        "PHOENIX_GRPC_PORT": grpc, "PHOENIX_WORKING_DIR": str(folder),
        "PHOENIX_TELEMETRY_ENABLED": "false",
        # It looks for news of itself, which this machine does not let it; that is its affair, not ours.
        loopback.HEARD: str(folder / "heard"),
    }  # fmt: skip
    with (folder / "phoenix.log").open("w") as log:
        server = subprocess.Popen(
            [PYTHON.with_name("phoenix"), "serve"],
            env={**os.environ, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: server.poll() is not None or answers(f"{url}/healthz"), "Phoenix answers")
        assert server.poll() is None, (folder / "phoenix.log").read_text()[-2000:]
        yield url
    finally:
        server.terminate()
        server.wait(60)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:  # noqa: S310 - of this machine
            return bool(reply.status == 200)
    except (urllib.error.URLError, TimeoutError):
        return False


def annotate(url: str, *annotations: dict[str, Any]) -> None:
    request = urllib.request.Request(  # noqa: S310 - of this machine
        f"{url}/v1/span_annotations?sync=true",
        json.dumps({"data": annotations}).encode(),
        {"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310


def test_the_marts_say_what_the_model_server_knows(
    built_url: str,
    new_database: Callable[[], AbstractContextManager[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ASSAY_DATABASE_URL", built_url)
    with new_database() as theirs, model_server() as server, phoenix(theirs, tmp_path) as url:
        run("client.py", "openinference", server.url, url)
        truth = server.truth
        with psycopg.connect(theirs, autocommit=True) as there:

            def spans() -> list[Any]:
                return there.execute("select span_id from spans where span_kind = 'LLM'").fetchall()

            every = CALLS + 2 + EMBEDDED + 2
            until(lambda: count(there, "spans") == every, "Phoenix has written all spans")
            ((answered,), *_) = spans()
        annotate(
            url,
            {"span_id": answered, "name": "user feedback", "annotator_kind": "HUMAN",
             "result": {"label": "thumbs-down", "score": 0}},
            {"span_id": answered, "name": "faithfulness", "annotator_kind": "LLM",
             "result": {"score": 0.5}},
        )  # fmt: skip
        first = imported("phoenix", theirs)
        assert (first["spans"]["quarantined"], first["spans"]["conflict"]) == (0, 0)
        again = imported("phoenix", theirs)
        assert again["spans"]["accepted"] == again["span_annotations"]["accepted"] == 0
    with psycopg.connect(built_url, autocommit=True) as session:
        refresh_all(session)

        marts = Marts(session)
        one = marts.one
        marts.are_as(truth, TURNS, CALLS)
        assert one("select type, value from raw.feedback_log") == ("thumb", -1)
        assert one("select sum(negative) from marts.feedback_analysis") == (1,)
        assert one("select metrics ->> 'faithfulness' from raw.evaluation_log") == ("0.5",)
        assert one("select count(*) from raw.query_log where source <> 'phoenix'") == (0,)


def test_spans_of_opentelemetrys_own_conventions_are_read(
    built_url: str,
    new_database: Callable[[], AbstractContextManager[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Phoenix keeps them as they are; some it puts into its own words, of others it says UNKNOWN."""
    monkeypatch.setenv("ASSAY_DATABASE_URL", built_url)
    with new_database() as theirs, model_server() as server, phoenix(theirs, tmp_path) as url:
        command = [sys.executable, str(HERE / "client.py"), "otel", server.url, url]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        truth = server.truth
        send_workflow(url)
        with psycopg.connect(theirs, autocommit=True) as there:
            every = CALLS + 2 + EMBEDDED + 2 + 1
            until(lambda: count(there, "spans") == every, "Phoenix has written all spans")
            unknown = there.execute("select name from spans where span_kind = 'UNKNOWN'").fetchall()
            assert unknown == [("workflow",)]
        imported("phoenix", theirs)
    with psycopg.connect(built_url, autocommit=True) as session:
        refresh_all(session)
        one = Marts(session).one
        said = "select sum(queries), sum(errors) from marts.performance_overview"
        assert one(said) == (TURNS + 1, truth["errors"])
        # These write the whole of a prompt and an answer, and nothing of what they consist of.
        used = one("""select sum(input_tokens), sum(output_tokens), count(*) from core.fct_costs
                      where call_type = 'generation'""")
        asked = truth["input_tokens"] + truth["cache_read_tokens"]
        assert used == (asked, truth["output_tokens"] + truth["reasoning_tokens"], CALLS)
        assert one("select reason from landing.quarantine") is None


def send_workflow(url: str) -> None:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces")))
    said = {"gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": "answering"}
    provider.get_tracer("assistant").start_span("workflow", attributes=said).end()
    provider.shutdown()


def count(there: psycopg.Connection[Any], table: str) -> int:
    row = there.execute(f"select count(*) from {table}".encode()).fetchone()
    return int(row[0]) if row else 0
