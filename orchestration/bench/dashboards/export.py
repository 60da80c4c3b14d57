"""The raw logs as files that both columnar engines can read, in the order in which they skip best.

Only the columns that the twelve queries look at: the others would cost them nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

_COMMON = {"workspace": "text", "ts": "time"}
LOGS: dict[str, dict[str, str]] = {
    "query_log": {
        **_COMMON,
        "query_id": "id",
        "subject_ref": "uuid",
        "status": "text",
        "provider": "text",
        "model": "text",
        "latency_ms": "number",
    },
    "cost_log": {
        **_COMMON,
        "query_id": "id",
        "input_tokens": "integer",
        "output_tokens": "integer",
        "reported_cost": "money",
    },
    "feedback_log": {**_COMMON, "value": "number", "answered": "yes_no"},
    "retrieval_log": {**_COMMON, "data_source": "text", "status": "text", "result_count": "integer"},
    "guardrail_log": {**_COMMON, "guardrail": "text", "verdict": "text"},
}


def export_logs(session: psycopg.Connection, folder: Path) -> None:
    for log, columns in LOGS.items():
        shown = ", ".join("ts at time zone 'UTC'" if name == "ts" else name for name in columns)
        statement = (
            f"copy (select {shown} from raw.{log} order by workspace, ts) to stdout (format csv)"
        )
        with (
            (folder / f"{log}.csv").open("wb") as file,
            session.cursor().copy(statement.encode()) as copy,
        ):
            for part in copy:
                file.write(part)


@contextmanager
def indexed_logs(session: psycopg.Connection) -> Iterator[None]:
    """The best that raw tables can have for these queries: all that they look at, in their order."""
    try:
        for log, columns in LOGS.items():
            others = ", ".join(name for name in columns if name not in _COMMON)
            session.execute(
                f"create index bench_{log} on raw.{log} (workspace, ts) include ({others})".encode()
            )
            session.execute(f"vacuum (analyze) raw.{log}".encode())
        yield
    finally:  # else the parts after this one would pay for them
        for log in LOGS:
            session.execute(f"drop index if exists raw.bench_{log}".encode())
