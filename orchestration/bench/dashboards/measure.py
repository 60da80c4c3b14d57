"""Twelve queries of a dashboard: from marts, and the same answers from those who read the raw logs."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from orchestration.bench.dashboards.asking import Asked, Compared, ask_marts, compare
from orchestration.bench.dashboards.engines import Engine, Postgres, chdb_over, duckdb_over
from orchestration.bench.dashboards.export import export_logs, indexed_logs
from orchestration.bench.dashboards.queries import query_names, random_questions
from orchestration.bench.dbt import bench_folder
from orchestration.bench.timing import percentile
from orchestration.warehouse.connection import connect

_COLUMNAR = {"duckdb": duckdb_over, "chdb": chdb_over}
RIVALS = ("views", *_COLUMNAR)
# Sorts and hashes stay in memory: a reader of raw logs would ask for no less.
_WORK_MEM = "256MB"
_DIFFERENCES_SHOWN = 5


def bench_dashboards(
    url: str, questions: int, checked: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """The marts answer all questions. The first few of them are asked of everybody, and compared."""
    with connect(url=url, autocommit=True, application_name="assay bench") as session:
        asked = {name: random_questions(session, name, questions) for name in query_names()}
        say(f"twelve queries, {questions} questions each, from the marts")
        figures = _of_marts([ask_marts(Postgres(session), *each) for each in asked.items()])
    say("indexes on the raw logs, and their export")
    with _everybody(url) as (engines, why_missing):
        say(f"the first {checked} questions each, from {', '.join(engines)} in turn")
        compared = [compare(engines, name, each[:checked]) for name, each in asked.items()]
        for rival in engines:
            if rival != "mart":
                _add(figures, rival, compared)
    differences = [found for each in compared for found in each.differences]
    return figures | {
        "checked": sum(each.checked for each in compared),
        "differing_answers": len(differences),
        "differences": differences[:_DIFFERENCES_SHOWN],
        "not_measured": why_missing,
    }


@contextmanager
def _everybody(url: str) -> Iterator[tuple[dict[str, Engine], dict[str, str]]]:
    """Who is there, and why the others are not."""
    why_missing = {}
    with ExitStack() as open_:
        marts, raw = (
            open_.enter_context(connect(url=url, autocommit=True, application_name="assay bench"))
            for _ in range(2)
        )
        raw.execute("select set_config('work_mem', %s, false)", (_WORK_MEM,))
        folder = Path(open_.enter_context(tempfile.TemporaryDirectory(dir=bench_folder())))
        open_.enter_context(indexed_logs(raw))
        export_logs(raw, folder)
        engines: dict[str, Engine] = {"mart": Postgres(marts), "views": Postgres(raw)}
        for rival, over in _COLUMNAR.items():
            try:
                engines[rival] = open_.enter_context(over(folder))
            except ImportError:
                why_missing[rival] = "not installed: `make bench-install` brings it"
        yield engines, why_missing


def _of_marts(marts: list[Asked]) -> dict[str, Any]:
    times = [time for each in marts for time in each.one]
    of_all = [time for each in marts for time in each.of_all]
    return {
        "mart_ms_p50": round(median(times), 2),
        "mart_ms_p99": round(percentile(times, 0.99), 2),
        "all_workspaces_ms_p99": round(percentile(of_all, 0.99), 2),
        "questions": len(times),
        "by_query": {
            each.query: {
                "mart_ms_p50": round(median(each.one), 2),
                "mart_ms_p99": round(percentile(each.one, 0.99), 2),
                "all_workspaces_ms_p99": round(percentile(each.of_all, 0.99), 2),
            }
            for each in marts
        },
    }


def _add(figures: dict[str, Any], rival: str, compared: list[Compared]) -> None:
    """Medians over the same questions. A page asks each of the twelve once."""
    pages = {"mart": 0.0, rival: 0.0}
    ratios = []
    for each in compared:
        mart_ms, rival_ms = median(each.times["mart"]), median(each.times[rival])
        pages["mart"] += mart_ms
        pages[rival] += rival_ms
        ratios.append(rival_ms / mart_ms)
        figures["by_query"][each.query][f"{rival}_ms"] = round(rival_ms, 2)
    figures[f"{rival}_ms"] = round(median(time for each in compared for time in each.times[rival]), 2)
    figures[f"{rival}_vs_mart"] = round(pages[rival] / pages["mart"], 1)
    figures[f"{rival}_vs_mart_worst"] = round(min(ratios), 2)
