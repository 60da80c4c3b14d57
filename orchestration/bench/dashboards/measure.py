"""Twelve queries of a dashboard: from marts, and the same answers from those who read the raw logs."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from orchestration.bench.dashboards.answers import difference
from orchestration.bench.dashboards.asking import Round, ask_marts, ask_rival
from orchestration.bench.dashboards.engines import Engine, Postgres, chdb_over, duckdb_over
from orchestration.bench.dashboards.export import export_logs, index_logs
from orchestration.bench.dashboards.queries import query_names, random_questions
from orchestration.bench.dbt import bench_folder
from orchestration.bench.timing import percentile
from orchestration.warehouse.connection import connect

RIVALS = ("views", "duckdb", "chdb")
# Sorts and hashes stay in memory: a reader of raw logs would ask for no less.
_WORK_MEM = "256MB"
_DIFFERENCES_SHOWN = 5


def bench_dashboards(
    url: str, questions: int, checked: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """The marts answer all questions, the slow engines the first few; these are compared."""
    with connect(url=url, autocommit=True, application_name="assay bench") as session:
        asked = {name: random_questions(session, name, questions) for name in query_names()}
        say(f"twelve queries, {questions} questions each, from the marts")
        marts = [ask_marts(Postgres(session), *each, checked) for each in asked.items()]
        figures = _of_marts(marts)
        with tempfile.TemporaryDirectory(dir=bench_folder()) as folder:
            say("indexes on the raw logs, and their export")
            index_logs(session)
            export_logs(session, Path(folder))
            for rival in RIVALS:
                say(f"the first {checked} questions each, from {rival}")
                try:
                    with _engine(rival, session, Path(folder)) as engine:
                        said = [
                            ask_rival(engine, rival, name, each[:checked])
                            for name, each in asked.items()
                        ]
                except ImportError:
                    figures["not_measured"][rival] = "not installed: `make bench-install` brings it"
                else:
                    _compare(figures, rival, marts, said)
    return figures


@contextmanager
def _engine(rival: str, session: psycopg.Connection, folder: Path) -> Iterator[Engine]:
    if rival == "views":
        session.execute("select set_config('work_mem', %s, false)", (_WORK_MEM,))
        yield Postgres(session)
        return
    with {"duckdb": duckdb_over, "chdb": chdb_over}[rival](folder) as engine:
        yield engine


def _of_marts(marts: list[Round]) -> dict[str, Any]:
    times = [time for each in marts for time in each.one.times]
    of_all = [time for each in marts for time in each.of_all.times]
    return {
        "mart_ms_p50": round(median(times), 2),
        "mart_ms_p99": round(percentile(times, 0.99), 2),
        "all_workspaces_ms_p99": round(percentile(of_all, 0.99), 2),
        "questions": len(times),
        "checked": {},
        "differing_answers": 0,
        "differences": [],
        "not_measured": {},
        "by_query": {
            each.query: {
                "mart_ms_p50": round(median(each.one.times), 2),
                "mart_ms_p99": round(percentile(each.one.times, 0.99), 2),
                "all_workspaces_ms_p99": round(percentile(each.of_all.times, 0.99), 2),
            }
            for each in marts
        },
    }


def _compare(figures: dict[str, Any], rival: str, marts: list[Round], said: list[Round]) -> None:
    """Medians over the same questions on both sides. A page is one of each of the twelve."""
    page_of_marts = page = 0.0
    ratios = []
    found = []
    for ours, theirs in zip(marts, said, strict=True):
        mart_ms, rival_ms = median(ours.one.times[: len(theirs.one.times)]), median(theirs.one.times)
        page_of_marts, page = page_of_marts + mart_ms, page + rival_ms
        ratios.append(rival_ms / mart_ms)
        figures["by_query"][ours.query][f"{rival}_ms"] = round(rival_ms, 2)
        pairs = [
            *zip(ours.one.answers, theirs.one.answers, strict=True),
            *zip(ours.of_all.answers, theirs.of_all.answers, strict=True),
        ]
        found += [f"{ours.query}, {rival}: {what}" for pair in pairs if (what := difference(*pair))]
        figures["checked"][rival] = figures["checked"].get(rival, 0) + len(pairs)
    figures[f"{rival}_ms"] = round(median(time for each in said for time in each.one.times), 2)
    figures[f"{rival}_vs_mart"] = round(page / page_of_marts, 1)
    figures[f"{rival}_vs_mart_worst"] = round(min(ratios), 1)
    figures["differing_answers"] += len(found)
    figures["differences"] += found[:_DIFFERENCES_SHOWN]
