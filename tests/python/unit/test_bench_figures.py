"""How the bench compares answers, ranks times and judges figures."""

import os
from contextlib import nullcontext
from datetime import date
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, cast

import pytest
from psycopg import Connection

from orchestration.bench import otlp, suite
from orchestration.bench.bars import BARS, Bar, judge
from orchestration.bench.dashboards.answers import Answer, difference
from orchestration.bench.dashboards.export import indexed_logs
from orchestration.bench.dashboards.measure import RIVALS
from orchestration.bench.dashboards.queries import QUERIES_DIR, Question, query_names
from orchestration.bench.memory import forget_peak, peak_mib
from orchestration.bench.timing import percentile
from orchestration.errors import AssayError

COLUMNS = ("workspace", "queries", "cost_usd", "success_rate", "latency_p95_ms")
ROW = ("w1", 3, Decimal("0.100000000"), 2 / 3, 100.0)


def answer(*rows: tuple[Any, ...]) -> Answer:
    return Answer(COLUMNS, list(rows))


def test_spellings_and_orders_of_the_same_answer_agree() -> None:
    other = ("w0", 1, None, None, 7.0)
    theirs = ("w1", Decimal(3), Decimal("0.1"), Decimal("0.666666666667"), Decimal("100.9"))
    assert difference(answer(ROW, other), answer(other, theirs)) is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("workspace", "w2"),
        ("queries", 4),
        ("cost_usd", Decimal("0.100000001")),
        ("cost_usd", None),
        ("success_rate", 0.666667),
        ("latency_p95_ms", 101.1),
    ],
)
def test_each_difference_is_seen(column: str, value: Any) -> None:
    at = COLUMNS.index(column)
    wrong = (*ROW[:at], value, *ROW[at + 1 :])
    assert column in (difference(answer(ROW), answer(wrong)) or "")


def test_a_missing_row_is_seen() -> None:
    assert difference(answer(ROW), answer()) == "1 and 0 rows"


def test_the_bar_of_the_size_counts() -> None:
    figures = {"refresh_vs_rebuild": 40.0}
    small, large, largest = (judge(figures, rows, {}) for rows in (1000, 1_000_000, 10_000_000))
    assert small["refresh_vs_rebuild"]["verdict"] == "not_judged"
    assert large["refresh_vs_rebuild"] == {"value": 40.0, "bar": "at least 15", "verdict": "met"}
    assert largest["refresh_vs_rebuild"]["verdict"] == "missed"


@pytest.mark.parametrize("bar", [bar for bar in BARS if bar.from_size], ids=str)
def test_each_part_is_judged_by_its_own_size(bar: Bar) -> None:
    """Toys met the bars of scoring, preferences and endurance; few spans always missed theirs."""

    def judged(size: int) -> dict[str, Any]:
        rows, figures = (size, {}) if bar.size == "rows" else (10_000_000, {bar.size: size})
        verdict: dict[str, Any] = judge({bar.figure: 0.0, **figures}, rows, {})[bar.figure]
        return verdict

    assert judged(bar.from_size)["verdict"] in ("met", "missed")
    below = judged(bar.from_size - 1)
    if bar.from_size == min(other.from_size for other in BARS if other.figure == bar.figure):
        words = f"{bar.from_size:,} {bar.size.replace('_', ' ')}"
        assert (below["verdict"], below.get("because")) == ("not_judged", f"set for {words} and more")


def test_a_part_that_fails_says_so_of_each_of_its_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two bars of scoring were gone without a word."""

    def fail(*_: Any) -> None:
        raise ValueError("broken")

    for name in vars(suite).copy():
        if name.startswith(("bench_", "_over_a_world")):
            monkeypatch.setattr(suite, name, fail)
    monkeypatch.setattr(suite, "simulated_logs", lambda *_: nullcontext(Path()))
    report = suite.run(suite.BENCHES, suite.Sizes(), lambda _: None)
    judged = judge(report.figures, 10_000_000, report.why_missing)
    assert {bar.figure for bar in BARS} == set(judged)
    assert {verdict["verdict"] for verdict in judged.values()} == {"not_judged"}


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="only Linux forgets a peak")
def test_memory_that_was_given_back_before_is_not_counted() -> None:
    """The peak of scoring was that of the dbt build before it."""
    forget_peak()  # of the tests before
    held = b"x" * (300 << 20)
    before = peak_mib()
    del held
    forget_peak()
    assert peak_mib() < before - 200
    held = b"x" * (300 << 20)
    assert peak_mib() > before - 100
    del held


@pytest.mark.parametrize("last", [200, 400])
def test_only_a_receiver_without_room_is_asked_again(last: int) -> None:
    """A request that is refused for good was sent for ever."""
    left = [503, last]

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(left.pop(0))
            self.send_header("retry-after", "0.01")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            if last == 200:
                acks, again, *_ = otlp._sent([b"{}"], 2000, os.getpid(), server.server_port)  # noqa: SLF001
                assert (len(acks), again) == (1, 1)
            else:
                with pytest.raises(AssayError, match="answered 400"):
                    otlp._sent([b"{}"], 2000, os.getpid(), server.server_port)  # noqa: SLF001
        finally:
            server.shutdown()


def test_indexes_of_the_bench_go_also_when_it_fails() -> None:
    """The parts after it refreshed with five more indexes."""
    session = _Session()
    with pytest.raises(ValueError, match="broken"), indexed_logs(cast("Connection", session)):
        raise ValueError("broken")
    assert session.indexes == set()
    session = _Session(most=2)
    with pytest.raises(ValueError, match="disk"), indexed_logs(cast("Connection", session)):
        pytest.fail("not reached")
    assert session.indexes == set()


class _Session:
    """Which indexes there are; no place for more than `most`."""

    def __init__(self, most: int = 99) -> None:
        self.indexes: set[bytes] = set()
        self.most = most

    def execute(self, statement: bytes) -> None:
        words = statement.removeprefix(b"create ").replace(b"raw.", b"").split()
        if statement.startswith(b"create"):
            if len(self.indexes) == self.most:
                raise ValueError("disk")
            self.indexes.add(words[1])
        elif statement.startswith(b"drop"):
            self.indexes.discard(words[-1])


def test_what_was_not_measured_says_why() -> None:
    judged = judge({}, 10_000_000, {"chdb_vs_mart": "not installed"})
    assert list(judged) == ["chdb_vs_mart"]
    assert judged["chdb_vs_mart"]["because"] == "not installed"


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100)])
def test_percentiles_are_discrete(share: float, expected: float) -> None:
    assert percentile(range(1, 101), share) == expected


def test_every_query_has_every_flavour() -> None:
    assert len(query_names()) == 12
    for query in query_names():
        for flavour in ("mart", *RIVALS):
            assert (QUERIES_DIR / query / f"{flavour}.sql").exists()
            for workspace in ("w1", None):
                assert "$" not in Question(date(2026, 6, 17), workspace).ask(query, flavour)
