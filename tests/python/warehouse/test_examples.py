"""The converters in `examples/`: public traces come through the whole landing without losing anything.

The excerpts beside the converters are always there. The full traces are used where present, which
is where `assay evaluate` looks.
"""

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from orchestration.landing.commands import land
from orchestration.scoring.evaluation import gates
from orchestration.settings import PROJECT_DIR
from orchestration.sources.commands import import_

EXAMPLES = PROJECT_DIR / "examples"
FULL = gates.samples_folder()


@dataclass(frozen=True)
class Totals:
    rows: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int = 0
    blocks: int = 0
    blocks_reused: int = 0


def azure_totals(trace: Path) -> Totals:
    rows = [line.split(b",") for line in trace.read_bytes().split(b"\r\n")[1:]]
    return Totals(len(rows), sum(int(row[1]) for row in rows), sum(int(row[2]) for row in rows))


def mooncake_totals(trace: Path) -> Totals:
    """Prompts as paths of a tree: what is reused is how far a prompt follows branches that exist.

    The converter asks for blocks seen anywhere; that both agree shows that an id stands for a prefix.
    """
    requests = [json.loads(line) for line in trace.read_text().splitlines()]
    root: dict[int, Any] = {}
    reused = cached = 0
    for request in requests:
        node, common, fresh = root, 0, False
        for block in request["hash_ids"]:
            fresh = fresh or block not in node
            common += not fresh
            node = node.setdefault(block, {})
        reused += common
        cached += min(common * 512, request["input_length"])
    return Totals(
        rows=len(requests),
        input_tokens=sum(request["input_length"] for request in requests) - cached,
        output_tokens=sum(request["output_length"] for request in requests),
        cache_read_tokens=cached,
        blocks=sum(len(request["hash_ids"]) for request in requests),
        blocks_reused=reused,
    )


@dataclass(frozen=True)
class Trace:
    """`stated` are the figures of the example's README."""

    example: str
    path: Path
    stated: Totals
    count: Callable[[Path], Totals]

    @property
    def converter(self) -> Path:
        return EXAMPLES / self.example / "to_contract.py"


EXCERPTS = [
    Trace(
        "azure_llm_2023",
        EXAMPLES / "azure_llm_2023" / "sample.csv",
        Totals(500, 1_081_658, 12_040),
        azure_totals,
    ),
    Trace(
        "mooncake",
        EXAMPLES / "mooncake" / "sample.jsonl",
        Totals(500, 5_849_965, 97_659, 553_165, 12_833, 1_084),
        mooncake_totals,
    ),
]
FULL_TRACES = [
    Trace(
        "azure_llm_2023",
        FULL / "azure_llm_2023" / "AzureLLMInferenceTrace_code.csv",
        Totals(8_819, 18_059_974, 245_896),
        azure_totals,
    ),
    Trace(
        "mooncake",
        FULL / "mooncake" / "synthetic_trace.jsonl",
        Totals(3_993, 21_341_967, 595_432, 39_852_661, 121_877, 77_953),
        mooncake_totals,
    ),
]
TRACES = [
    *(pytest.param(trace, id=f"{trace.example}-excerpt") for trace in EXCERPTS),
    *(pytest.param(trace, id=trace.example) for trace in FULL_TRACES if trace.path.exists()),
]


@pytest.fixture(autouse=True)
def _warehouse(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_DATABASE_URL", database_url)


def convert(converter: Path, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, converter, *arguments], capture_output=True, check=False)


def landed(*arguments: str, stdin: bytes | None = None) -> dict[str, int]:
    result = CliRunner().invoke(land, [*arguments, "--json"], input=stdin, catch_exceptions=False)
    (report,) = json.loads(result.stdout)["files"]
    del report["path"]
    return dict(report)


def totals_in(database_url: str) -> Totals:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            """select count(*), sum(cost.input_tokens), sum(cost.output_tokens),
                   coalesce(sum(cost.cache_read_tokens), 0),
                   coalesce(sum((cost.attributes->>'blocks')::bigint), 0),
                   coalesce(sum((cost.attributes->>'blocks_reused')::bigint), 0)
               from raw.cost_log as cost join raw.query_log as query using (workspace, query_id, ts)"""
        ).fetchone()
    assert row is not None
    return Totals(*map(int, row))


@pytest.mark.parametrize("trace", TRACES)
def test_totals_are_exact(trace: Trace, database_url: str, tmp_path: Path) -> None:
    """Prevents a lost last row, a token counted twice, and ids that change from run to run."""
    lines = 2 * trace.stated.rows
    counts = landed("-", stdin=convert(trace.converter, trace.path).stdout)
    assert counts == {
        "lines": lines,
        "accepted": lines,
        "duplicate": 0,
        "conflict": 0,
        "quarantined": 0,
    }
    assert totals_in(database_url) == trace.count(trace.path) == trace.stated

    out = tmp_path / "again.jsonl"
    assert convert(trace.converter, trace.path, "--out", out).stdout == b""
    assert landed(str(out))["duplicate"] == lines
    assert totals_in(database_url) == trace.stated


@pytest.mark.parametrize("trace", TRACES)
def test_totals_by_map_are_exact(trace: Trace, database_url: str) -> None:
    """Prevents a reader of tables that loses a row, and one that says what the converter does not."""
    rows, stated = trace.stated.rows, trace.stated
    assert imported(trace)["accepted"] == 2 * rows
    found = totals_in(database_url)
    prompts = stated.input_tokens + stated.cache_read_tokens
    assert (found.rows, found.input_tokens, found.output_tokens) == (
        rows,
        prompts,
        stated.output_tokens,
    )
    assert imported(trace)["duplicate"] == 2 * rows
    # The queries are the converter's, to the last digit; so are costs where no cache is worked out.
    counts = landed("-", stdin=convert(trace.converter, trace.path).stdout)
    assert counts["duplicate"] == (rows if trace.stated.cache_read_tokens else 2 * rows)


def imported(trace: Trace) -> dict[str, int]:
    arguments = [str(trace.path), "--map", str(trace.converter.with_name("map.yml")), "--json"]
    result = CliRunner().invoke(import_, arguments, catch_exceptions=False)
    (report,) = json.loads(result.stdout)["files"]
    return dict(report)


@pytest.mark.parametrize("trace", [*EXCERPTS, *FULL_TRACES], ids=lambda trace: str(trace.path.stem))
def test_the_readme_states_these_figures(trace: Trace) -> None:
    """Prevents a README that promises other totals than come out."""
    readme = (trace.converter.parent / "README.md").read_text()
    rows = [line for line in readme.splitlines() if line.endswith("|")]
    figures = {f" {figure:,} " for figure in astuple(trace.stated) if figure}
    assert any(figures <= set(row.split("|")) for row in rows)


def test_the_full_mooncake_trace_reuses_64_percent() -> None:
    """Prevents stated figures that drift from what the trace is known for."""
    stated = FULL_TRACES[1].stated
    assert round(100 * stated.blocks_reused / stated.blocks, 1) == 64.0


def test_times_keep_their_microseconds(database_url: str) -> None:
    """Prevents seven digits after the point from being cut, shifted or refused."""
    trace = EXCERPTS[0]
    landed("-", stdin=convert(trace.converter, trace.path).stdout)
    cells = [line.split(",")[0] for line in trace.path.read_text().splitlines()[1:]]
    seconds_and_ticks = [cell.split(".") for cell in cells]
    expected = [
        dt.datetime.fromisoformat(f"{seconds}+00:00") + dt.timedelta(microseconds=int(ticks) // 10)
        for seconds, ticks in seconds_and_ticks
    ]
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("select ts from raw.query_log order by event_id").fetchall()
    assert [ts for (ts,) in rows] == expected


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:17:03.9799600,48", b"Row 1"),
        ("2023-11-16 18:17:03.9799600,4808,10\r\n", b"first line"),
    ],
)
def test_a_damaged_csv_is_refused(content: str, complaint: bytes, tmp_path: Path) -> None:
    """Prevents half a row, or the first row taken for a header, from passing without a word."""
    damaged = tmp_path / "trace.csv"
    damaged.write_text(content, newline="")
    result = convert(EXCERPTS[0].converter, damaged)
    assert result.returncode != 0
    assert complaint in result.stderr


def test_the_example_lines_of_the_contract_land() -> None:
    """Prevents an example that parses and that a column then refuses."""
    docs = (PROJECT_DIR / "docs" / "contract.md").read_text(encoding="utf-8")
    lines = {line for line in docs.splitlines() if line.startswith('{"kind"')}
    counts = landed("-", stdin="\n".join(sorted(lines)).encode())
    assert counts["lines"] == len(lines) > 16
    assert counts["accepted"] == len(lines)


@pytest.mark.long
@pytest.mark.skipif(not FULL.is_dir(), reason="the traces are not here")
def test_the_ingest_gate_is_met() -> None:
    totals, percentiles = gates.measure("ingest")
    assert totals.figure == 1.0
    assert percentiles.passed
    assert totals.n == 6
    assert percentiles.n >= 6
