"""LiteLLM's own payloads, and rows of its spend table: the marts say what the model's server knows.

The proxy writes that table by a client whose binaries are on no package index. So the table is made
from the package's schema, and its rows by the package's code.
"""

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from model_server import model_server
from systems_world import Marts, imported, packages, run

from orchestration.refresh.engine import refresh_all
from orchestration.sources.commands import import_

pytestmark = pytest.mark.long

CALLS, FAILED, EMBEDDED, CACHED = 12 + 3 + 1, 2, 3, 2
_TYPES = {"String": "text", "Float": "double precision", "Int": "integer", "DateTime": "timestamp(3)",
          "Json": "jsonb", "Boolean": "boolean"}  # fmt: skip
_COLUMN = re.compile(r"^  (\w+)\s+(\w+)(\?)?(.*)", re.MULTILINE)
Database = Callable[[], AbstractContextManager[str]]


def spend_table(url: str, rows: list[dict[str, Any]]) -> None:
    """As the package's Prisma schema has it, with rows as Prisma writes them: JSON is no text."""
    schema = (packages() / "litellm" / "proxy" / "schema.prisma").read_text()
    model = schema.split("model LiteLLM_SpendLogs {")[1].split("\n}")[0]
    columns = {name: (kind, null, more) for name, kind, null, more in _COLUMN.findall(model)}
    spelled = [
        f'"{name}" {_TYPES[kind]}{"" if null else " not null"}{" primary key" if "@id" in more else ""}'
        for name, (kind, null, more) in columns.items()
    ]
    with psycopg.connect(url, autocommit=True) as there:
        there.execute(f'create table "LiteLLM_SpendLogs" ({", ".join(spelled)})'.encode())
        for row in rows:
            said = {
                name: json.loads(value) if columns[name][0] == "Json" and value else value
                for name, value in row.items()
            }
            there.execute(
                'insert into "LiteLLM_SpendLogs"'
                ' select * from jsonb_populate_record(null::"LiteLLM_SpendLogs", %s::jsonb)',
                [json.dumps(said)],
            )


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("form", ["payloads", "spend table"])
def test_the_marts_say_what_the_model_server_knows(
    built_url: str, new_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("ASSAY_DATABASE_URL", built_url)
    path, rows = tmp_path / "payloads.jsonl", tmp_path / "rows.jsonl"
    with model_server() as server:
        run("litellm_client.py", server.url, str(path), str(rows))
        truth = server.truth
    if form == "payloads":
        ran = CliRunner().invoke(import_, ["litellm", str(path), "--json"], catch_exceptions=False)
        (report,) = json.loads(ran.output)["files"]
    else:
        with new_database() as theirs:
            spend_table(theirs, read(rows))
            report = imported("litellm", theirs)["spend"]
            assert imported("litellm", theirs)["spend"]["accepted"] == 0
    assert (report["quarantined"], report["conflict"]) == (0, 0)
    with psycopg.connect(built_url, autocommit=True) as session:
        refresh_all(session)
        marts = Marts(session)
        assert truth["requests"] == CALLS + FAILED + EMBEDDED
        marts.are_as(truth, CALLS + FAILED + CACHED, CALLS)
        # By the prices of litellm_client.py, in dollars a million tokens.
        prices = {
            "input_tokens": "1",
            "cache_read_tokens": "0.5",
            "output_tokens": "2",
            "reasoning_tokens": "2",
        }
        spent = sum(truth[name] * Decimal(price) for name, price in prices.items()) / Decimal(10**6)
        reported = "select sum(reported_cost) from raw.cost_log where call_type = 'generation'"
        assert round(marts.one(reported)[0], 9) == spent
        assert marts.one("select count(*) from core.fct_queries where is_cache_hit") == (CACHED,)
        assert marts.one("select count(distinct session_id) from core.fct_queries") == (3,)
        latencies_are_those_of(read(path), marts, told_of_failures=form == "payloads")


def latencies_are_those_of(
    payloads: list[dict[str, Any]], marts: Marts, *, told_of_failures: bool
) -> None:
    """The table keeps milliseconds, and has no duration of what failed."""
    stated = sorted(
        1000 * (one["endTime"] - one["startTime"])
        for one in payloads
        if one["call_type"] == "completion" and (told_of_failures or one["status"] == "success")
    )
    exact = 0.002 if told_of_failures else 1.001
    found = marts.one(
        """select array_agg(latency_ms order by latency_ms) filter (where latency_ms is not null)
           from core.fct_queries"""
    )[0]
    assert found == pytest.approx(stated, abs=exact)
    place = [stated[-(-len(stated) * share // 100) - 1] for share in (50, 95)]
    told = marts.one("select latency_p50_ms, latency_p95_ms from marts.performance_overview")
    assert list(told) == pytest.approx(place, rel=0.0101, abs=exact)
