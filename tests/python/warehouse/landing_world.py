"""What the landing tests share: lines, a lander on a fresh database, a look at what stands there."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from orchestration.landing.lander import Lander
from orchestration.landing.limits import Limits
from orchestration.landing.store import Counts


def tool(event_id: str, **fields: Any) -> bytes:
    base = {"kind": "tool", "event_id": event_id, "ts": "2026-03-01T10:00:00Z", "tool": "t"}
    return json.dumps({**base, "status": "ok", **fields}).encode()


def query(event_id: str, **fields: Any) -> bytes:
    base = {"kind": "query", "event_id": event_id, "ts": "2026-03-01T10:00:00Z", "status": "ok"}
    return json.dumps({**base, **fields}).encode()


def admit(session: psycopg.Connection) -> None:
    """As a refresh does, without its checks and models."""
    session.execute(
        """with taken as (delete from ops.pending_batch returning batch_id)
           insert into ops.admitted_batch (batch_id) select batch_id from taken order by batch_id"""
    )


@dataclass
class World:
    """A migrated database of one test and a folder for its files."""

    url: str
    folder: Path

    def write(self, name: str, *lines: bytes, end: bytes = b"\n") -> Path:
        path = self.folder / name
        path.write_bytes(b"\n".join(lines) + end)
        return path

    def lander(self, **limits: int) -> Lander:
        return Lander(self.url, Limits(**limits))

    def land(self, *paths: Path, **limits: int) -> Counts:
        total = Counts()
        with self.lander(**limits) as lander:
            for path in paths:
                total.add(lander.land_file(path, 0.0))
        return total

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def value(self, statement: str, *values: Any) -> Any:
        return self.rows(statement, *values)[0][0]

    def reasons(self) -> list[tuple[int, str]]:
        return self.rows("select line_no, reason from landing.quarantine order by 1, 2")

    def quarantined_bytes(self) -> list[bytes]:
        rows = self.rows(
            """select string_agg(bytes, ''::bytea order by part) from landing.quarantine_bytes
               join landing.quarantine using (quarantine_id)
               group by quarantine_id order by min(line_no), quarantine_id"""
        )
        return [bytes(row[0]) for row in rows]

    def state(self) -> dict[str, Any]:
        """Everything that landing leaves behind, without what differs from run to run."""
        return {
            "keys": self.rows("select key_hash, content_hash from landing.key order by 1"),
            "tools": self.rows("select event_id, ts, tool, workspace from raw.tool_log order by 1, 4"),
            "queries": self.rows("select event_id, ts, model from raw.query_log order by 1, 2"),
            "quarantine": self.rows("select line_no, reason, path from landing.quarantine order by 1"),
            "conflicts": self.rows("select key_hash, content_hash from landing.conflict order by 1, 2"),
            "texts": self.rows("select event_key, field, body from vault.text order by 1, 2"),
            "bytes": self.quarantined_bytes(),
        }


def counts(found: Counts) -> tuple[int, int, int, int, int]:
    return found.lines, found.accepted, found.duplicate, found.conflict, found.quarantined
