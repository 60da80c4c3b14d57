from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from orchestration.errors import AssayError
from orchestration.warehouse.migrations import available, migrate

ONE = "create schema probe; create table probe.a (x int);"


def _folder(tmp_path: Path, **files: str) -> Path:
    for name, sql in files.items():
        (tmp_path / f"{name.removeprefix('m')}.sql").write_text(sql)
    return tmp_path


@pytest.fixture
def empty_url(database_url: str) -> str:
    """Without the warehouse's own migrations."""
    with psycopg.connect(database_url) as connection:
        connection.execute("drop schema ops cascade")
    return database_url


def test_a_fresh_database_has_every_migration(database_url: str) -> None:
    """Prevents a migration that was written and never applied."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("select version, name from ops.migration order by 1").fetchall()
    assert rows == [(m.version, m.name) for m in available()]


def test_the_migrations_run_on_postgres_16(pg16_url: str) -> None:
    """Prevents syntax that only the embedded version knows."""
    with psycopg.connect(pg16_url) as connection:
        assert migrate(connection) == []


def test_applies_what_is_missing_once(empty_url: str, tmp_path: Path) -> None:
    """Prevents a second `up` from applying again, and a new file from being passed over."""
    folder = _folder(tmp_path, m0001_one=ONE)
    with psycopg.connect(empty_url) as connection:
        assert migrate(connection, folder) == ["0001_one"]
        assert migrate(connection, folder) == []
        _folder(tmp_path, m0002_two="create table probe.b (x int)")
        assert migrate(connection, folder) == ["0002_two"]


def test_a_failing_migration_leaves_nothing(empty_url: str, tmp_path: Path) -> None:
    """Prevents half a migration, and names the file and the line to correct."""
    folder = _folder(tmp_path, m0001_one=ONE, m0002_bad="create table probe.c (x int);\nselec 1;")
    with psycopg.connect(empty_url) as connection:
        with pytest.raises(AssayError, match=r"0002_bad could not .* \"selec\", in line 2"):
            migrate(connection, folder)
        found = connection.execute(
            "select to_regclass('probe.a') is null, to_regclass('probe.c') is null, "
            "(select array_agg(version) from ops.migration)"
        ).fetchone()
    assert found == (False, True, [1])


def test_a_changed_migration_is_refused(empty_url: str, tmp_path: Path) -> None:
    """Prevents two databases with the same version and different tables."""
    folder = _folder(tmp_path, m0001_one=ONE)
    with psycopg.connect(empty_url) as connection:
        migrate(connection, folder)
        _folder(tmp_path, m0001_one=ONE.replace("\n", "\r\n"))
        assert migrate(connection, folder) == []
        _folder(tmp_path, m0001_one=ONE + "-- afterthought")
        with pytest.raises(AssayError, match="0001_one was changed after it ran"):
            migrate(connection, folder)


def test_a_newer_database_is_refused(empty_url: str, tmp_path: Path) -> None:
    """Prevents an old checkout from writing into tables it does not understand."""
    folder = _folder(tmp_path, m0001_one=ONE, m0002_two="select 1")
    with psycopg.connect(empty_url) as connection:
        migrate(connection, folder)
        (folder / "0002_two.sql").unlink()
        with pytest.raises(AssayError, match="0002_two, which this checkout does not know"):
            migrate(connection, folder)


def test_a_gap_in_the_numbers_is_refused(tmp_path: Path) -> None:
    """Prevents two branches' migrations from both becoming number 2."""
    with pytest.raises(AssayError, match="0003_three stands where number 0002"):
        available(_folder(tmp_path, m0001_one=ONE, m0003_three=""))


def test_two_at_the_same_time_apply_once(empty_url: str, tmp_path: Path) -> None:
    """Prevents "relation already exists" when two commands start on a new database."""
    folder = _folder(tmp_path, m0001_one=ONE, m0002_slow="select pg_sleep(0.2)")

    def run(_: int) -> list[str]:
        with psycopg.connect(empty_url) as connection:
            return migrate(connection, folder)

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(run, range(4)))
    assert sorted(label for labels in results for label in labels) == ["0001_one", "0002_slow"]


def test_a_transaction_under_way_is_refused(empty_url: str) -> None:
    """Prevents migrate() from committing its caller's half-done work."""
    with psycopg.connect(empty_url) as connection:
        connection.execute("select 1")
        with pytest.raises(ValueError, match="without a transaction"):
            migrate(connection)
