"""One PostgreSQL for all tests and all pytest-xdist workers, and a fresh database for each test."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import hypothesis
import loopback
import psycopg
import pytest

from orchestration.settings import PROJECT_DIR
from orchestration.warehouse import processes
from orchestration.warehouse.build import build_models, ensure_manifest
from orchestration.warehouse.migrations import migrate
from orchestration.warehouse.server import EmbeddedServer

# Fixtures of Dagster's definitions and processes, which take seconds to load: only those who ask wait.
pytest_plugins = ("dagster_world", "operator_world")

# Tests say what they need themselves; what a shell says of Assay, PostgreSQL or dbt is not meant for
# them, but for how many and how long.
_FOR_TESTS = (
    "ASSAY_TESTS_", "ASSAY_MUTANTS_", "ASSAY_TORTURE", "ASSAY_HISTORIES", "ASSAY_PROBE_ROUNDS",
    "ASSAY_SAMPLES", "DBT_SEND_ANONYMOUS_USAGE_STATS",
)  # fmt: skip
for _name in [one for one in os.environ if one.startswith(("ASSAY_", "PG", "DBT_"))]:
    if not _name.startswith(_FOR_TESTS):
        del os.environ[_name]

# A machine that others use may stand still for longer than any deadline of one example.
hypothesis.settings.register_profile("assay", hypothesis.settings.default, deadline=None)
hypothesis.settings.load_profile("assay")

# Nobody here talks to another machine, nor does what tests start.
loopback.stay_here()
os.environ["PYTHONPATH"] = str(Path(loopback.__file__).parent)

TEST_HOMES = PROJECT_DIR / ".assay" / "tests"
TEMPLATE = "test_template"
BUILT = "test_built"
# Tests of durability make servers of their own.
FAST = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "128MB"}


# These take longest and begin first: what a worker gets last, it does while the others wait.
LONGEST = (
    "test_dbt_build",
    "test_engine_builds",
    "test_ui",
    "test_truth",
    "test_histories",
    "test_bench",
    "test_engine_shapes",
    "test_definitions",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    last = len(LONGEST)
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else last)


@pytest.fixture(autouse=True)
def _no_warehouse_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test must never reach the warehouse of whoever runs it."""
    monkeypatch.setenv("ASSAY_HOME", str(TEST_HOMES / "nobody-set-one"))


@pytest.fixture(scope="session", autouse=True)
def _heard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For what fixtures start too."""
    heard = tmp_path_factory.getbasetemp() / "heard"
    os.environ[loopback.HEARD] = str(heard)
    return heard


@pytest.fixture(autouse=True)
def _nobody_leaves(_heard: Path) -> Iterator[None]:
    """Also where the error was swallowed, or the test started whoever dialled."""
    yield
    if _heard.exists():
        wanted = _heard.read_text().split()
        _heard.unlink()
        pytest.fail(f"It wanted to talk to {wanted}.")


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    with _shared(18) as shared:
        yield shared


@pytest.fixture(scope="session")
def server16() -> Iterator[EmbeddedServer]:
    with _shared(16) as shared:
        yield shared


@pytest.fixture
def database_url(server: EmbeddedServer) -> Iterator[str]:
    with _database(server) as url:
        yield url


@pytest.fixture(scope="session")
def new_database(server: EmbeddedServer) -> Callable[[], AbstractContextManager[str]]:
    """For what several tests share: `with new_database() as url`."""
    return partial(_database, server)


@pytest.fixture(scope="session")
def new_built_database(
    server: EmbeddedServer, read_already: Callable[[Path], None]
) -> Callable[[], AbstractContextManager[str]]:
    """As `new_database`, with every model built over nothing; the first who asks waits for that."""
    with (
        _lock(TEST_HOMES / "pg18"),
        psycopg.connect(server.url_of("postgres"), autocommit=True) as admin,
    ):
        if not admin.execute("select 1 from pg_database where datname = %s", [BUILT]).fetchone():
            _make_built(server, admin, read_already)
    return partial(_database, server, BUILT)


@pytest.fixture
def built_url(new_built_database: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    with new_built_database() as url:
        yield url


@pytest.fixture
def pg16_url(server16: EmbeddedServer) -> Iterator[str]:
    with _database(server16) as url:
        yield url


@pytest.fixture(scope="session")
def manifest_file() -> Path:
    """The dbt project as dbt reads it, for all workers: reading it takes a core for 20 s."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("ASSAY_DATABASE_URL", raising=False)
        patch.setenv("ASSAY_HOME", str(TEST_HOMES / "manifest"))
        return ensure_manifest()


@pytest.fixture(scope="session")
def read_already(manifest_file: Path) -> Callable[[Path], None]:
    """Makes a new ASSAY_HOME one whose project dbt has read."""

    def prepare(home: Path) -> None:
        shutil.copytree(manifest_file.parent, home / "dbt" / "manifest")
        (home / "dbt" / "target").mkdir()
        shutil.copy(manifest_file.parent / "partial_parse.msgpack", home / "dbt" / "target")

    return prepare


@pytest.fixture(scope="session")
def manifest(manifest_file: Path) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(manifest_file.read_text())
    return parsed


@contextmanager
def _shared(major: int) -> Iterator[EmbeddedServer]:
    """The first worker starts it, the last one stops it."""
    home = TEST_HOMES / f"pg{major}"
    users = home / "users"
    users.mkdir(parents=True, exist_ok=True)
    server = EmbeddedServer(home, major=major, settings=FAST)
    me = users / str(os.getpid())
    with _lock(home):
        if not _living(users):
            # Whatever is there was left behind by a run that was killed.
            server.down()
            (home / "postgres" / "port").unlink(missing_ok=True)
            server.up()
            _make_template(server)
        me.touch()
    try:
        yield server
    finally:
        with _lock(home):
            me.unlink()
            if not _living(users):
                server.down()


def _living(users: Path) -> list[Path]:
    for user in list(users.iterdir()):
        if not processes.is_running(int(user.name)):
            user.unlink()
    return list(users.iterdir())


def _make_template(server: EmbeddedServer) -> None:
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as admin:
        leftovers = admin.execute("select datname from pg_database where datname like 'test\\_%'")
        for (name,) in leftovers.fetchall():
            admin.execute(f"drop database {name} with (force)".encode())
        admin.execute(f"create database {TEMPLATE}".encode())
    with psycopg.connect(server.url_of(TEMPLATE)) as template:
        migrate(template)


def _make_built(
    server: EmbeddedServer, admin: psycopg.Connection[Any], read_already: Callable[[Path], None]
) -> None:
    """Under another name until it is whole, so that nobody takes half of it for it."""
    home = TEST_HOMES / "built"
    shutil.rmtree(home, ignore_errors=True)
    read_already(home)
    unfinished = f"{BUILT}_unfinished"
    admin.execute(f"drop database if exists {unfinished} with (force)".encode())
    admin.execute(f"create database {unfinished} template {TEMPLATE}".encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_HOME", str(home))
        build_models(server.url_of(unfinished))
    admin.execute(f"alter database {unfinished} rename to {BUILT}".encode())


@contextmanager
def _database(server: EmbeddedServer, template: str = TEMPLATE) -> Iterator[str]:
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name} template {template}".encode())
        try:
            yield server.url_of(name)
        finally:
            with suppress(psycopg.OperationalError):
                admin.execute(f"drop database {name} with (force)".encode())


@contextmanager
def _lock(home: Path) -> Iterator[None]:
    with (home / "users.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
