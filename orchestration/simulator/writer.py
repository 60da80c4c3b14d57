"""Runs the days one after the other and writes their files; a file has its name once it is whole."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import msgspec
import numpy as np

from orchestration.errors import AssayError
from orchestration.simulator.daylog import DayLog
from orchestration.simulator.defects import Defects, untouched
from orchestration.simulator.followups import write_followups
from orchestration.simulator.household import excluded_session, write_household
from orchestration.simulator.journeys import write_journeys
from orchestration.simulator.lines import DAY_MS, day_text
from orchestration.simulator.plan import Plan, build_plan
from orchestration.simulator.prices import write_prices
from orchestration.simulator.shared import common_columns
from orchestration.simulator.traffic import draw_asks, draw_sessions
from orchestration.simulator.truth import Truth
from orchestration.simulator.turns import before_midnight, draw_turns
from orchestration.simulator.world import World, build_world

TRUTH_NAME = "truth.json"
PRICES_NAME = "prices.csv"
_CHUNK = 4_096  # lines joined for one write


@dataclass(frozen=True)
class Order:
    """What was asked for; equal orders give equal bytes."""

    days: int
    queries_per_day: int
    seed: int
    start_ms: int
    out: Path
    gzip: bool = False
    clean: bool = False

    def file_name(self, day: int) -> str:
        return f"{day_text(self.start_ms + day * DAY_MS)}.jsonl{'.gz' if self.gzip else ''}"


@dataclass(frozen=True)
class Written:
    files: int
    lines: int
    queries: int


def simulate_days(order: Order) -> Iterator[Written]:
    """Yields the running totals after every day; the truth is written last."""
    _prepare_folder(order)
    world = build_world(order.seed, order.days, order.queries_per_day, order.start_ms)
    plan = build_plan(order.days, order.start_ms, clean=order.clean)
    truth = Truth(world, plan)
    defects = None if order.clean else Defects(plan, order.seed, truth)
    log = DayLog(order.start_ms + DAY_MS, order.start_ms + order.days * DAY_MS)
    queries = 0
    for day in range(order.days):
        queries += _fill_day(log, world, plan, day, truth)
        kinds, lines = log.in_order()
        tail, accounting = b"", untouched(kinds)
        if defects is not None:
            lines, tail, accounting = defects.spoil(day, kinds, lines)
        name = order.file_name(day)
        _write_file(order.out / name, lines, tail, packed=order.gzip)
        truth.add_file(name, accounting)
        log = log.next_day()
        yield Written(day + 1, truth.total.lines, queries)
    known = truth.as_json(gzip=order.gzip)
    write_prices(order.out / PRICES_NAME, known["prices"])
    _write_truth(order.out / TRUTH_NAME, known)


def _fill_day(log: DayLog, world: World, plan: Plan, day: int, truth: Truth) -> int:
    """One stream of chance a day: a day does not depend on how many draws another took."""
    rng = np.random.default_rng([world.seed, day + 1])
    sessions = draw_sessions(world, day, rng)
    asks = draw_asks(world, sessions, rng)
    turns = before_midnight(draw_turns(world, plan, day, sessions, asks, rng), log.end_ms)
    shared = common_columns(world, plan, day, turns, rng)
    charges = write_journeys(log, world, plan, turns, shared, rng)
    charges += write_followups(log, world, plan, turns, shared, rng)
    truth.add_costs(charges)
    hidden = np.isin(turns.asks.user, world.excluded)
    hidden |= turns.asks.session == excluded_session(world, day, turns)
    truth.add_day(day, turns, charges, hidden)
    write_household(log, world, plan, day, turns, shared, truth, rng)
    return turns.size


def _prepare_folder(order: Order) -> None:
    """Replaces an earlier run, and refuses to mix with logs of which it knows nothing."""
    order.out.mkdir(parents=True, exist_ok=True)
    truth = order.out / TRUTH_NAME
    ours = {order.file_name(day) for day in range(order.days)}
    if truth.exists():
        ours |= {file["name"] for file in msgspec.json.decode(truth.read_bytes())["files"]}
    logs = [path for path in order.out.iterdir() if ".jsonl" in path.suffixes]
    ours |= {unfinished(Path(name)).name for name in ours}  # of a run that was stopped
    strangers = [path.name for path in logs if path.name not in ours]
    if strangers:
        raise AssayError(
            f"{order.out} holds other logs ({strangers[0]}); choose an empty folder with --out."
        )
    truth.unlink(missing_ok=True)
    for path in logs:
        path.unlink()


def _write_file(path: Path, lines: list[bytes], tail: bytes, *, packed: bool) -> None:
    growing = unfinished(path)
    with growing.open("wb") as raw:
        if packed:
            # Neither a name nor a time in the header: equal content gives equal bytes.
            with gzip.GzipFile("", "wb", 4, raw, mtime=0) as stream:
                _write_lines(cast("IO[bytes]", stream), lines, tail)
        else:
            _write_lines(raw, lines, tail)
    growing.replace(path)


def unfinished(path: Path) -> Path:
    """What a file is called until it is whole."""
    return path.with_name(f".{path.name}.part")


def _write_lines(stream: IO[bytes], lines: list[bytes], tail: bytes) -> None:
    for first in range(0, len(lines), _CHUNK):
        stream.write(b"\n".join(lines[first : first + _CHUNK]) + b"\n")
    stream.write(tail)


def _write_truth(path: Path, known: dict[str, Any]) -> None:
    content = msgspec.json.encode(known, order="sorted")
    growing = unfinished(path)
    growing.write_bytes(msgspec.json.format(content, indent=1) + b"\n")
    growing.replace(path)
