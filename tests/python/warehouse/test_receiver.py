"""OTLP over HTTP: what is acknowledged is committed, and what is not is told so."""

import errno
import gzip
import json
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from landing_world import World
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_spans import logs_message, message, span, value_of
from receiver_world import Answer, ReceiverProcess, receiving

from orchestration.errors import AssayError
from orchestration.landing import inbox
from orchestration.receiver import landing
from orchestration.receiver.commands import _listening
from orchestration.refresh.engine import Refreshed

START = 1_772_359_200_000_000_000
PROTOBUF = "application/x-protobuf"
SECRET = "what-nobody-may-read-in-a-log"


def request(*numbers: int, **said: Any) -> bytes:
    fields = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", **said}
    pairs = [{"key": name, "value": {"stringValue": value}} for name, value in fields.items()]
    spans = [
        {"traceId": f"{number:032x}", "spanId": f"{number:016x}", "name": "chat",
         "startTimeUnixNano": str(START), "endTimeUnixNano": str(START + 10**9), "attributes": pairs}
        for number in numbers
    ]  # fmt: skip
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()


@pytest.fixture(scope="module")
def world(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with new_database() as url:
        yield World(url, tmp_path_factory.mktemp("logs"))


@pytest.fixture(scope="module")
def receiver(world: World) -> Iterator[ReceiverProcess]:
    with receiving(world.url, "--no-land", max_bytes=100_000) as process:
        yield process


def landed(world: World) -> tuple[int, int, int]:
    """What draining the inbox brings: accepted, duplicate, quarantined."""
    with world.lander() as lander:
        counts = inbox.drain(lander)
    return counts.accepted, counts.duplicate, counts.quarantined


def test_what_is_acknowledged_is_in_the_inbox_and_lands_once(
    world: World, receiver: ReceiverProcess
) -> None:
    assert receiver.post(request(1)).said == {}
    assert world.value("select count(*) from landing.inbox") == 2
    assert receiver.post(request(1, 2), packed=True).status == 200
    answer = receiver.post(ExportTraceServiceRequest().SerializeToString(), PROTOBUF)
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, PROTOBUF, b"")
    assert landed(world) == (4, 2, 0)


def test_a_gzip_of_several_members_is_taken_whole(world: World, receiver: ReceiverProcess) -> None:
    """Prevents what follows the first member from being acknowledged and lost."""
    landed(world)
    said = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
    packed = [gzip.compress(message(span(said, number))) for number in (21, 22)]
    sent = {"content-type": PROTOBUF, "content-encoding": "gzip"}
    answer = receiver.ask("POST", "/v1/traces", b"".join(packed), sent)
    assert (answer.status, landed(world)) == (200, (4, 0, 0))


@pytest.mark.parametrize("media_type", ["application/json", PROTOBUF])
def test_events_in_logs_are_taken_too(world: World, receiver: ReceiverProcess, media_type: str) -> None:
    landed(world)
    number = len(media_type)
    record = {"traceId": f"{number:032x}", "spanId": f"{number:016x}", "timeUnixNano": str(START),
              "eventName": "gen_ai.user.message", "body": value_of({"content": "Hello?"})}  # fmt: skip
    body = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).encode()
    if media_type == PROTOBUF:
        body = logs_message(body)
    headers = {"content-type": media_type}
    answers = [receiver.ask("POST", "/v1/logs", body, headers) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    assert landed(world) == (1, 1, 0)
    broken = receiver.ask("POST", "/v1/logs", b"no request", headers)
    assert broken.status == 400


def test_a_span_that_landing_refuses_is_told_and_kept(world: World, receiver: ReceiverProcess) -> None:
    odd = request(3).replace(b'"spanId": "0000000000000003"', b'"spanId": ""')
    answer = receiver.post(odd)
    partial = answer.said["partialSuccess"]
    assert (answer.status, partial["rejectedSpans"]) == (200, "2")
    assert "MISSING_FIELD at $.event_id" in partial["errorMessage"]
    assert landed(world) == (0, 0, 2)


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (415, request(1), {"media_type": "text/plain"}),
        (415, request(1), {"content-encoding": "br"}),
        (400, b"{", {}),
        (400, b'{"resourceSpans": [], "resourceSpans": []}', {}),
        (400, b"\x0a\xff\xff", {"media_type": PROTOBUF}),
        (400, b"no gzip", {"content-encoding": "gzip"}),
        (400, b"", {"content-encoding": "gzip"}),
        (400, gzip.compress(request(1))[:-1], {"content-encoding": "gzip"}),
        (400, gzip.compress(request(1)) + b"no gzip", {"content-encoding": "gzip"}),
        (413, gzip.compress(b" " * 60_000) * 2, {"content-encoding": "gzip"}),
        (413, b" " * 200_000, {}),
        (413, b" " * 200_000, {"packed": True}),
        (400, request(1), {"host": "attacker.example"}),
    ],
)
def test_what_cannot_be_taken_is_refused_for_good(
    receiver: ReceiverProcess, status: int, body: bytes, headers: dict[str, Any]
) -> None:
    assert receiver.post(body, **headers).status == status


def test_it_tells_how_it_goes(receiver: ReceiverProcess) -> None:
    while not (health := receiver.ask("GET", "/healthz").said)["ok"]:
        pass  # it connects when it has started
    assert health["landing"] is None
    assert health["waiting_bytes"] == 0
    assert health["requests"] == health["acknowledged"] + health["refused"] + health["turned_away"]


def test_other_machines_are_let_in_only_when_asked_for() -> None:
    with pytest.raises(AssayError, match="--allow-remote"):
        _listening("0.0.0.0", 0, allow_remote=False)  # noqa: S104 - that is the point


def test_why_it_cannot_listen_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever named an address of another machine, or a port of root's, was told of another program."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(AssayError, match=f"Another program listens on 127.0.0.1:{port}"):
            _listening("127.0.0.1", port, allow_remote=False)

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(AssayError, match=r"It cannot listen on 127\.0\.0\.1:80: Permission denied\."):
        _listening("127.0.0.1", 80, allow_remote=False)


def test_asked_for_other_machines_it_listens_on_every_address(world: World) -> None:
    """Prevents --allow-remote from letting nobody in: 127.0.0.2 is no address of 127.0.0.1's."""
    with receiving(world.url, "--no-land", "--allow-remote") as receiver:
        connection = HTTPConnection("127.0.0.2", receiver.port, timeout=60)
        connection.request("GET", "/healthz", headers={"host": "assay.example"})
        assert json.loads(connection.getresponse().read())["landing"] is None
        connection.close()
    with receiving(world.url, "--no-land") as receiver, pytest.raises(ConnectionRefusedError):
        HTTPConnection("127.0.0.2", receiver.port, timeout=60).request("GET", "/healthz")


def test_it_is_not_well_when_what_lands_has_ended(world: World) -> None:
    """Prevents a receiver that acknowledges, lands nothing and calls itself healthy."""
    with receiving(world.url) as receiver:
        while receiver.ask("GET", "/healthz").status != 200:
            pass
        (lands,) = psutil.Process(receiver.process.pid).children()
        lands.kill()
        asked = (receiver.ask("GET", "/healthz") for _ in range(2000))  # its threads end one by one
        health = next(answer for answer in asked if answer.status == 503)
        assert (health.said["ok"], health.said["landing"]) == (False, False)
        assert receiver.post(request(18)).status == 200  # it waits in the inbox
    landed(world)


def test_landing_outlives_what_nobody_expected(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], world: World
) -> None:
    """A thread that dies leaves a receiver that acknowledges for ever and lands nothing."""
    stop, at_once = threading.Event(), threading.Event()
    tries = iter([ValueError("what a user wrote"), ValueError("again"), None, ValueError("later")])

    def drained(*_: object) -> None:
        outcome = next(tries, stop)
        if outcome is stop:
            stop.set()
        elif isinstance(outcome, Exception):
            raise outcome

    monkeypatch.setenv("ASSAY_DATABASE_URL", world.url)
    monkeypatch.setattr(inbox, "drain", drained)
    monkeypatch.setattr(landing, "_LATER_S", 0.01)
    landing.land(stop, at_once)
    assert stop.is_set()
    # Once an outage: the second of two tries in a row says nothing new.
    assert capsys.readouterr().err == "assay: ValueError while landing or refreshing.\n" * 2


def test_a_problem_of_the_marts_that_comes_back_is_said_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Prevents a receiver that refreshes nothing and says nothing, since it did say so last week."""
    stop = threading.Event()
    turns = iter(["fails", "fails", "waits", "waits", "works", "fails", "ends"])

    def watched(_: threading.Event, say: Callable[[Refreshed | AssayError], None]) -> None:
        for turn in turns:
            if turn == "fails":
                raise ValueError("what a user wrote")
            if turn == "waits":  # a watch says each outage once
                say(AssayError("The marts wait."))
            if turn == "works":
                say(Refreshed(admitted=1, held=0, waiting=0))
        stop.set()

    monkeypatch.setattr(landing, "watch", watched)
    monkeypatch.setattr(landing, "_LATER_S", 0.01)
    landing.keep_refreshing(stop)
    unexpected = "assay: ValueError while landing or refreshing.\n"
    assert capsys.readouterr().err == unexpected + "assay: The marts wait.\n" * 2 + unexpected


@contextmanager
def _nobody_commits(world: World) -> Iterator[psycopg.Connection]:
    with psycopg.connect(world.url) as blocking:
        blocking.execute("lock table landing.inbox in access exclusive mode")
        yield blocking


def _post_aside(receiver: ReceiverProcess, number: int, answers: list[Answer]) -> threading.Thread:
    thread = threading.Thread(target=lambda: answers.append(receiver.post(request(number))))
    thread.start()
    return thread


def _wait_for_a_commit(world: World) -> None:
    """Until a request waits for the lock; how much lies in the inbox is asked by the receiver, too."""
    waiting = """select count(*) from pg_stat_activity where application_name = 'assay receive'
                 and datname = current_database() and wait_event_type = 'Lock'
                 and query like 'copy %%'"""
    while not world.value(waiting):
        pass


def test_who_cannot_be_served_is_told_to_come_again_and_memory_does_not_grow(world: World) -> None:
    before = world.value("select count(*) from landing.inbox")
    answers: list[Answer] = []
    size = len(request(11))
    with receiving(world.url, "--no-land", waiting_bytes=4 * size) as receiver:
        with _nobody_commits(world):
            first = _post_aside(receiver, 11, answers)
            _wait_for_a_commit(world)
            turned_away = receiver.post(request(*range(20, 40)))
            health = receiver.ask("GET", "/healthz").said
        first.join()
        assert (turned_away.status, turned_away.headers["retry-after"]) == (503, "2")
        assert 0 < health["waiting_bytes"] <= 4 * size
        assert [answer.status for answer in answers] == [200]
        assert receiver.post(request(12)).status == 200
    assert world.value("select count(*) from landing.inbox") == before + 4


def test_an_upload_that_stalls_gives_back_what_it_holds(world: World) -> None:
    """Prevents a few clients that send half a body and then nothing from shutting all others out."""
    body = b" " * 10_000
    with receiving(world.url, "--no-land", waiting_bytes=len(body), request_seconds=1) as receiver:
        stalled = HTTPConnection("127.0.0.1", receiver.port, timeout=20)
        sent = {"content-type": "application/json", "content-length": str(2 * len(body))}
        stalled.request("POST", "/v1/traces", body, sent)
        assert stalled.getresponse().status == 408
        stalled.close()
        assert receiver.ask("GET", "/healthz").said["waiting_bytes"] == 0
        assert receiver.post(request(19)).status == 200
    landed(world)


def test_a_backlog_that_nobody_lands_is_pushed_back(world: World) -> None:
    with receiving(world.url, "--no-land", backlog_lines=1) as receiver:
        receiver.post(request(13))
        while receiver.ask("GET", "/healthz").status == 200:
            pass
        assert receiver.post(request(14)).status == 503
    landed(world)


def test_sigterm_ends_it_when_all_is_committed_and_acknowledged(world: World) -> None:
    landed(world)
    answers: list[Answer] = []
    with receiving(world.url, "--no-land") as receiver:
        with _nobody_commits(world):
            thread = _post_aside(receiver, 15, answers)
            _wait_for_a_commit(world)
            receiver.process.send_signal(signal.SIGTERM)
        thread.join()
        assert receiver.process.wait(60) == 0
    assert [answer.status for answer in answers] == [200]
    assert landed(world) == (2, 0, 0)


def test_a_backlog_does_not_keep_it_from_ending(world: World) -> None:
    """What it has no time for stays in the inbox: nothing of it is lost, and nothing landed twice."""
    with psycopg.connect(world.url) as session:
        session.execute(
            """insert into landing.inbox (line)
               select format('{"kind":"tool","event_id":"backlog-%s","ts":"2026-03-01T10:00:00Z",'
                   '"tool":"t","status":"ok"}', number) from generate_series(1, 60000) as number"""
        )
    with receiving(world.url, last_seconds=0) as receiver:
        receiver.ask("GET", "/healthz")
        assert receiver.end() == 0
    waiting = world.value("select count(*) from landing.inbox")
    in_log = world.value("select count(*) from raw.tool_log where event_id like 'backlog-%%'")
    assert waiting > 0
    assert waiting + in_log == 60_000
    world.rows("delete from landing.inbox returning inbox_id")


@pytest.mark.parametrize(("point", "kept"), [("receiver.lines_copied", 0), ("receiver.committed", 2)])
def test_killed_it_has_lost_nothing_that_it_acknowledged_and_a_retry_lands_once(
    world: World, point: str, kept: int
) -> None:
    landed(world)
    number = 100 + kept
    with (
        receiving(world.url, "--no-land", crash_at=point) as receiver,
        pytest.raises((HTTPException, ConnectionError)),
    ):
        receiver.post(request(number))
    assert world.value("select count(*) from landing.inbox") == kept
    with receiving(world.url, "--no-land") as receiver:
        assert receiver.post(request(number)).status == 200
    assert landed(world) == (2, kept, 0)


def test_nothing_of_a_text_is_ever_written(world: World) -> None:
    """Not when the database breaks either, whose errors quote the row."""
    with receiving(world.url, "--no-land") as receiver:
        with psycopg.connect(world.url, autocommit=True) as session:
            session.execute(
                "alter table landing.inbox add constraint broken check (line = '') not valid"
            )
            answer = receiver.post(request(16, **{"gen_ai.prompt": SECRET}))
            session.execute("alter table landing.inbox drop constraint broken")
        assert answer.status == 503
        assert (
            receiver.post(request(17, **{"gen_ai.prompt": SECRET, "session.id": SECRET})).status == 200
        )
        assert SECRET not in receiver.ask("GET", "/healthz").body.decode()
        receiver.end()
        assert SECRET not in receiver.heard()
    landed(world)


def test_it_lands_what_it_takes(world: World, tmp_path: Path) -> None:  # noqa: ARG001
    before = world.value("select count(*) from raw.query_log")
    with receiving(world.url) as receiver:
        assert receiver.post(request(200, 201)).status == 200
        while world.value("select count(*) from raw.query_log") < before + 2:
            pass
        assert receiver.end() == 0


def test_scores_of_langfuse_are_answered_as_langfuse_answers(receiver: ReceiverProcess) -> None:
    """Its SDK drops a score for good when the answer is another one."""
    score = {
        "id": "s",
        "traceId": "t",
        "name": "user-feedback",
        "value": 1,
        "timestamp": "2026-03-01T10:00:00Z",
    }
    sent = {"content-type": "application/json", "authorization": "Basic cGs6c2s="}
    well = receiver.ask("POST", "/api/public/scores", json.dumps([score]).encode(), sent)
    assert (well.status, well.said) == (202, {"accepted": 1})
    bad = json.dumps([score | {"id": "u", "timestamp": "soon"}]).encode()
    partly = receiver.ask("POST", "/api/public/scores", bad, sent)
    assert (partly.status, partly.said["accepted"], partly.said["rejected"]) == (207, 0, 1)
    assert "soon" not in partly.body.decode()
    batch = json.dumps({"batch": [{"type": "score-create", "body": score}]}).encode()
    event = receiver.ask("POST", "/api/public/ingestion", batch, sent)
    assert (event.status, event.said) == (207, {"successes": [], "errors": []})
    assert receiver.ask("POST", "/api/public/scores", b'"no list"', sent).status == 400
    assert (
        receiver.ask("POST", "/api/public/scores", b"x", {"content-type": "text/plain"}).status == 415
    )
