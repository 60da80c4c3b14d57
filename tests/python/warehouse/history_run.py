"""A history over the real landing, the real refresh and the real builds; after each step, a look."""

import os
import random
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import history
import psycopg
from crashing import AFTER_COMMIT, make_places, run_to
from history import (
    Again,
    Build,
    Cut,
    Deliver,
    Poison,
    Refresh,
    Release,
    Replay,
    Score,
    Step,
    Upgrade,
)  # fmt: skip
from old_contract import contract_without
from oracle import Batch, Line, Oracle

from orchestration.landing.lander import Lander
from orchestration.landing.limits import Limits
from orchestration.landing.replay import replay
from orchestration.landing.tables import all_log_tables
from orchestration.refresh.engine import TARGET, held_batches, refresh_all, release
from orchestration.scoring.engine import Scoring
from orchestration.warehouse.build import build_models

# Every look is a thorough one; `make torture` has the time.
THOROUGH = os.environ.get("ASSAY_TORTURE") == "1"
_COUNTS = ("lines", "accepted", "duplicate", "conflict", "quarantined")
_LEDGER = f"""
    select batch_id, {", ".join(_COUNTS)} from landing.batch where batch_id > %s order by batch_id"""
_LOGS = " union all ".join(
    f"select workspace, '{log.kind}' as kind, event_id, event_key, batch_id from raw.{log.name}"
    for log in all_log_tables()
)
_ROWS = f"""
    select workspace, kind, event_id, key_hash is not null from ({_LOGS}) as log
    full join landing.key on event_key = key_hash and log.batch_id = key.batch_id"""
_REFUSED = """
    select string_agg(bytes, ''::bytea order by part) from landing.quarantine
    inner join landing.quarantine_bytes using (quarantine_id)
    where replay_batch_id is null group by quarantine_id"""
BY_DAYS = "(select coalesce(sum(queries), 0)::bigint from marts.performance_overview)"
BY_QUERIES = "(select count(*) from core.fct_queries)"
_SEEN = f"""
    select {BY_DAYS}, {BY_QUERIES}, (select count(*) from core.fct_costs),
        (select count(*) from core.fct_feedback), (select coalesce(sum(queries), 0) from mine)"""
_BUILT_TWICE = """
    select one.table_schema || '.' || one.table_name,
        string_agg(quote_ident(one.column_name), ', ' order by one.ordinal_position)
    from information_schema.columns as one
    where table_schema in ('core', 'state', 'marts') and table_name not like 'int\\_%%'
        and table_name <> all(%s)
    group by 1 order by 1"""
# How long runs took is not computed, and so nothing that can be computed again.
_ABOUT_RUNS = ("preference_runs",)
# Without checks, which would find what was released in spite of them.
_MODELS = ("resource_type:seed", "resource_type:model")
_PRICE_CHECK = "assert_no_price_contradicts_another"


def restart_for_sessions(run: "Run") -> psycopg.Connection:
    """Everybody's session ends, whatever it was doing."""
    session = run.connect()
    session.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    run.session.close()
    return session


def land(url: str, path: Path, batch_lines: int, lacks: Collection[str]) -> None:
    with contract_without(lacks), Lander(url, Limits(batch_lines=batch_lines)) as lander:
        lander.land_file(path, 0.0)


@dataclass
class Run:
    url: str = field(repr=False)
    folder: Path
    restart: Callable[["Run"], psycopg.Connection] = restart_for_sessions
    builds: bool = False
    oracle: Oracle = field(default_factory=lambda: Oracle(set(history.UNKNOWN_AT_FIRST)))
    files: list[tuple[Line, ...]] = field(default_factory=list)
    newest: int = 0
    places: list[str] = field(default_factory=list)
    session: psycopg.Connection = field(init=False, repr=False)

    def play(self, steps: Sequence[Step]) -> None:
        self.session = self.connect()
        try:
            self.session.execute("create view mine as select * from marts.performance_overview")
            for step in steps:
                if isinstance(step, Cut):
                    self.session = self.restart(self)
                else:
                    self.take_under_eyes(step)
                self.look()
            refresh_all(self.session)
            self.refreshed(10**9)
            self.look()
            assert self.differences() == []
            assert not self.builds or self.unlike_plain() == []
        finally:
            self.session.close()

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.url, autocommit=True)

    def take_under_eyes(self, step: Step) -> None:
        """A report of two statements over two marts, one before the step and one after it, agrees."""
        with closing(self.connect()) as reader:
            reader.execute("begin isolation level repeatable read")
            (before,) = _one(reader, f"select {BY_DAYS}")
            self.take(step)
            assert _one(reader, f"select {BY_QUERIES}") == (before,)

    def take(self, step: Step) -> None:
        match step:
            case Deliver(lines, batch_lines, dies):
                self.deliver(lines, batch_lines, dies)
            case Again(files, parts, shuffled, respelled):
                for lines in self.again(files, parts, shuffled, respelled):
                    self.deliver(lines)
            case Poison(beside):
                self.deliver((history.POISON, beside))
            case Refresh(max_rows, dies):
                if not self.ended(max_rows, dies):
                    self.session.execute("select ops.refresh(%s, %s)", (TARGET, max_rows))
                    self.refreshed(max_rows)
            case Build(full):
                build_models(self.url, _MODELS, full_refresh=full)
                self.refreshed(10**9)
            case _:
                self.take_small(step)

    def take_small(self, step: Step) -> None:
        match step:
            case Release():
                self.release_all()
            case Replay():
                with contract_without(self.oracle.lacks), Lander(self.url) as lander:
                    replay(lander)
                self.numbered(self.oracle.replay())
            case Upgrade():
                self.oracle.lacks.clear()
            case Score():
                self.score()

    def deliver(
        self,
        lines: tuple[Line, ...],
        batch_lines: int = 10_000,
        dies: str | None = None,
    ) -> None:
        path = self.folder / f"{uuid4().hex}.jsonl"
        path.write_bytes(b"".join(line.bytes + b"\n" for line in lines))
        given = (self.url, path, batch_lines, self.oracle.lacks)
        if dies is None:
            land(*given)
        elif run_to(dies, land, *given):
            self.numbered(self.oracle.land(lines, batch_lines, int(dies == AFTER_COMMIT)))
            self.look()
            land(*given)
        self.numbered(self.oracle.land(lines, batch_lines))
        self.files.append(lines)

    def again(
        self, files: tuple[int, ...], parts: int, shuffled: int | None, respelled: bool
    ) -> list[tuple[Line, ...]]:
        lines = [line for which in files for line in (self.files[which : which + 1] or [()])[0]]
        chance = random.Random(shuffled)
        if shuffled is not None:
            chance.shuffle(lines)
        if respelled:
            lines = [line.respelled(random.Random(0)) for line in lines]
        size = -(-len(lines) // parts) or 1
        return [tuple(lines[at : at + size]) for at in range(0, len(lines), size)]

    def numbered(self, expected: list[Batch]) -> None:
        """The ledger holds just these batches, with these counts, and nothing else is new in it."""
        found = self.session.execute(_LEDGER, (self.newest,)).fetchall()
        assert [row[1:] for row in found] == [
            tuple(batch.counts[name] for name in _COUNTS) for batch in expected
        ]
        for row, batch in zip(found, expected, strict=True):
            self.newest = batch.number = row[0]

    def ended(self, max_rows: int, dies: int | None) -> bool:
        """Whether a refresh, whose session was to end at one of its statements, came by there."""
        if dies is None:
            return False
        self.places = self.places or make_places(self.session, "refresh")
        with suppress(psycopg.OperationalError), psycopg.connect(self.url, autocommit=True) as mortal:
            place = self.places[dies % len(self.places)]
            mortal.execute("select set_config('assay.end_at', %s, false)", (place,))
            mortal.execute("select ops.refresh(%s, %s)", (TARGET, max_rows))
            self.refreshed(max_rows)
        return True

    def refreshed(self, max_rows: int) -> None:
        refused = self.session.execute(
            "select batch_id from ops.held_batch where held_by = %s", (_PRICE_CHECK,)
        ).fetchall()
        self.oracle.refresh(max_rows, [batch for (batch,) in refused])
        if THOROUGH:
            assert self.differences() == []

    def release_all(self) -> None:
        """As after the limit was lifted: the checks are away for one refresh."""
        checks = self.session.execute("delete from ops.delta_check returning target, name, statement")
        kept = checks.fetchall()
        for held in held_batches(self.session):
            release(self.session, held["batch_id"])
        refresh_all(self.session)
        for check in kept:
            self.session.execute("insert into ops.delta_check values (%s, %s, %s)", check)
        self.oracle.release()

    def score(self) -> None:
        with Lander(self.url) as lander:
            Scoring(self.session, lander).run(["complexity"])
        new = self.oracle.score()
        found = self.session.execute(_LEDGER, (self.newest,)).fetchall()
        for number, *counts in found:
            self.newest = number
            self.oracle.scored_in(Batch(Counter(dict(zip(_COUNTS, counts, strict=True))), new, number))
        assert [row[2] for row in found if row[2]] == [len(new)] * bool(new)

    def differences(self) -> list[tuple[Any, ...]]:
        found = self.session.execute(
            "select model, missing, surplus from ops.differences(%s)", (TARGET,)
        ).fetchall()
        assert found, "nothing was compared"
        return [row for row in found if row[1] or row[2]]

    def unlike_plain(self) -> list[str]:
        """Facts, state and marts that are not what dbt makes of the same logs without any engine."""
        build_models(self.url, _MODELS, target="plain")
        found = self.session.execute(_BUILT_TWICE, (list(_ABOUT_RUNS),)).fetchall()
        assert len(found) > 80, "hardly anything to compare"
        return [
            name
            for name, columns in found
            if _one(
                self.session,
                f"select count(*) from (select {columns} from {name} except all"
                f" select {columns} from plain_{name}) as missing",
            )
            != (0,)
            or _one(self.session, f"select count(*) from {name}")
            != _one(self.session, f"select count(*) from plain_{name}")
        ]

    def look(self) -> None:
        """Accounts, keys, quarantine and what readers see, against the oracle."""
        oracle = self.oracle
        sums = _one(
            self.session, f"select {', '.join(f'sum({name})' for name in _COUNTS)} from landing.batch"
        )
        assert [int(one or 0) for one in sums] == [oracle.counts[name] for name in _COUNTS]
        assert sums[0] is None or sums[0] == sum(sums[1:])
        rows = self.session.execute(_ROWS.encode()).fetchall()
        assert all(row[3] and row[0] is not None for row in rows), (
            "a key without its row, or a row without"
        )
        said = Counter(row[:3] for row in rows if not row[2].startswith("complexity:"))
        assert said == Counter(oracle.rows.keys())
        assert len(rows) == len(oracle.rows) + len(oracle.scored)
        assert _one(self.session, "select count(*) from landing.conflict")[0] == len(oracle.conflicts)
        refused = self.session.execute(_REFUSED).fetchall()
        assert Counter(bytes(one) for (one,) in refused) == oracle.open_quarantine()
        queries = oracle.queries_seen()
        expected = (queries, queries, oracle.seen("cost"), oracle.seen("feedback"), queries)
        assert _one(self.session, _SEEN) == expected
        assert (
            self.session.execute("select * from ops.held_batch where sqlstate is not null").fetchall()
            == []
        )


def _one(session: psycopg.Connection, query: str) -> tuple[Any, ...]:
    return session.execute(query.encode()).fetchall()[0]
