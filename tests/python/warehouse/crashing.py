"""Where a process or a session can be made to end: every place there is, found in the code itself."""

import multiprocessing as mp
import os
import re
import signal
from collections.abc import Callable
from typing import Any

import psycopg

from orchestration import crash
from orchestration.settings import PROJECT_DIR

_POINT = re.compile(r'crash\.point\("([a-z_.]+)"\)')
_SOURCES = sorted((PROJECT_DIR / "orchestration").rglob("*.py"))
POINTS = sorted({name for path in _SOURCES for name in _POINT.findall(path.read_text())})
LANDING_POINTS = [name for name in POINTS if name.startswith("landing.")]
# Whoever dies here has told the database to commit.
AFTER_COMMIT = "landing.committed"

_CONTEXT = mp.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["orchestration.landing.lander", "orchestration.refresh.engine"])


def run_to(point: str, work: Callable[..., Any], *given: Any) -> bool:
    """Does the work in a process of its own; whether it was killed at the point."""
    process = _CONTEXT.Process(target=_with_point, args=(point, work, given))
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL), f"{work.__name__} failed before {point}"
    return process.exitcode == -signal.SIGKILL


def _with_point(point: str, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
    os.environ[crash.VARIABLE] = point
    work(*given)


# --- between two statements of a function in the database

# Ends the session where the setting names the statement, kills it (and the server with it), or waits.
_END_HERE = """
    create or replace function ops.end_here(place text) returns boolean language plpgsql as $$
    begin
        if current_setting('assay.end_at', true) = place then
            perform pg_terminate_backend(pg_backend_pid());
        elsif current_setting('assay.kill_at', true) = place then
            copy (select 1) to program 'kill -9 $PPID';
        elsif current_setting('assay.wait_at', true) = place then
            perform pg_advisory_xact_lock(4711);
        end if;
        return false;
    end $$"""
_CALL = re.compile(r"\bops\.(\w+)\(")
_FUNCTIONS = """
    select proname, pg_get_functiondef(pg_proc.oid) from pg_proc
    inner join pg_language on pg_language.oid = prolang
    where pronamespace = 'ops'::regnamespace and lanname = 'plpgsql' and provolatile = 'v'
        and prorettype <> 'trigger'::regtype and proname <> 'end_here'
    order by proname"""


def make_places(session: psycopg.Connection, *within: str) -> list[str]:
    """Functions of the engine, and those that they call, get a place to end after each statement."""
    definitions: dict[str, str] = dict(session.execute(_FUNCTIONS).fetchall())
    session.execute(_END_HERE)
    names, found = list(within), set(within)
    for name in names:
        called = set(_CALL.findall(definitions[name])) & definitions.keys()
        names += sorted(called - found)
        found |= called
    places: list[str] = []
    for name in names:
        session.execute(_with_places(name, definitions[name], places).encode())
    return places


def _with_places(name: str, definition: str, places: list[str]) -> str:
    """An `if` is used, because it leaves FOUND and ROW_COUNT as they are."""
    lines: list[str] = []
    is_body, number = False, 0
    for line in definition.splitlines():
        lines.append(line)
        is_body = is_body or line.strip() == "begin"
        # Nothing comes after a return, an error (whose last line says how to read it), or the last end.
        is_last = line.strip().startswith(("return", "raise", "using errcode", "end;"))
        if is_body and line.rstrip().endswith(";") and not is_last:
            number += 1
            place = f"{name} {number}"
            places.append(place)
            lines.append(f"if ops.end_here('{place}') then null; end if;")
    return "\n".join(lines)
