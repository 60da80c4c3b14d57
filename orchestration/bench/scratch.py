"""Databases that live as long as a measurement, on the server that the warehouse uses."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import make_conninfo

from orchestration.bench.world import World, make_world
from orchestration.errors import AssayError
from orchestration.warehouse.connection import connect, database_url
from orchestration.warehouse.migrations import migrate

# Names carry it, so that what a killed bench left behind is recognised and dropped by the next one.
_PREFIX = "assay_bench_"


@contextmanager
def scratch_database(label: str) -> Iterator[str]:
    """A migrated database of its own, gone afterwards, also when interrupted."""
    here = database_url()
    name = _PREFIX + label
    with connect(url=here, autocommit=True, application_name="assay bench") as admin:
        _only_one(admin, name)
        try:
            admin.execute(f"drop database if exists {name} with (force)".encode())
            admin.execute(f"create database {name}".encode())
            url = make_conninfo(here, dbname=name)
            with connect(url=url) as connection:
                migrate(connection)
            yield url
        except BaseException as stopped:
            # What was interrupted while it connected is held by the trace, and half a log-in is what
            # PostgreSQL 18 waits for, up to a minute, before it drops a database.
            traceback.clear_frames(stopped.__traceback__)
            raise
        finally:
            admin.execute(f"drop database if exists {name} with (force)".encode())
            # Not left to the end of the connection, which a server notices later: somebody may ask for
            # the next database of the name before that.
            admin.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", (name,))


@contextmanager
def scratch_world(label: str, queries: int) -> Iterator[tuple[str, World]]:
    """A scratch database with so many queries and their other logs, and nothing built."""
    with (
        scratch_database(label) as url,
        connect(url=url, autocommit=True, application_name="assay bench") as session,
    ):
        yield url, make_world(session, queries)


def _only_one(admin: psycopg.Connection, name: str) -> None:
    """A second bench would drop the database below the first."""
    row = admin.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", (name,)).fetchone()
    if row != (True,):
        raise AssayError("Another `assay bench` is running on this server: wait until it has ended.")
