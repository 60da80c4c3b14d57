"""Real servers: each test makes its own and kills it in its own way."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from orchestration import demo
from orchestration.errors import AssayError
from orchestration.settings import PROJECT_DIR
from orchestration.warehouse import connection, processes
from orchestration.warehouse.server import EmbeddedServer

SMALL = {"shared_buffers": "32MB", "max_wal_size": "256MB"}
NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as somebody else")


@contextmanager
def _open_folder() -> Iterator[Path]:
    """pytest's own folders are closed to other users, and root's server is another user."""
    with tempfile.TemporaryDirectory(prefix="assay-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def folder() -> Iterator[Path]:
    with _open_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def pristine() -> Iterator[Path]:
    """A stopped server's home, so that not every test waits for initdb."""
    with _open_folder() as home:
        server = EmbeddedServer(home, settings=SMALL)
        server.up()
        server.down()
        (home / "postgres" / "port").unlink()
        yield home


@pytest.fixture
def own(pristine: Path, folder: Path) -> Iterator[EmbeddedServer]:
    home = folder / "home"
    # cp, because it keeps the owner.
    subprocess.run(["cp", "-a", pristine, home], check=True)  # noqa: S607
    server = EmbeddedServer(home, settings=SMALL)
    yield server
    server.down()


def _value(server: EmbeddedServer, query: str) -> object:
    with psycopg.connect(server.url) as session:
        row = session.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def _assay(
    *arguments: str, home: Path, prefix: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "ASSAY_HOME": str(home)}
    command = [*prefix, sys.executable, "-m", "orchestration.cli", *arguments]
    return subprocess.run(
        command,
        cwd=PROJECT_DIR,
        env=environment | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_up_down_and_again(own: EmbeddedServer) -> None:
    """Prevents a second `up` from starting a second server, and a moving port."""
    first = own.up()
    again = own.up()
    assert (first.started, again.started) == (True, False)
    assert (first.pid, first.port) == (again.pid, again.port)
    assert _value(own, "show timezone") == "UTC"
    assert _value(own, "show data_checksums") == "on"
    assert _value(own, "show synchronous_commit") == "on"
    assert own.down() is True
    assert own.down() is False
    assert own.up().port == first.port


def test_only_with_the_password_and_only_here(own: EmbeddedServer) -> None:
    """Prevents other people of this machine or network from reading the warehouse."""
    port = own.up().port
    assert own.password_file.stat().st_mode & 0o777 == 0o600
    assert own.password_file.stat().st_uid == os.geteuid()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://assay:wrong@127.0.0.1:{port}/assay")
    assert _value(own, "show listen_addresses") == "127.0.0.1"
    assert _value(own, "show unix_socket_directories") == ""


def test_a_killed_server_comes_back_with_what_was_committed(own: EmbeddedServer) -> None:
    """Prevents lost commits, and a start that orphans or shared memory of the dead one block."""
    pid = own.up().pid
    assert pid is not None
    with psycopg.connect(own.url, autocommit=True) as session:
        session.execute("create table probe as select generate_series(1, 1000) as x")
    # A busy backend does not notice that its postmaster died.
    busy = psycopg.connect(own.url, autocommit=True)
    busy.pgconn.send_query(b"select count(*) from generate_series(1, 10000000000)")
    os.kill(pid, signal.SIGKILL)
    assert processes.wait_until(lambda: not processes.is_running(pid), 10)
    assert own.status().running is False
    assert own.up().started is True
    assert _value(own, "select count(*) from probe") == 1000
    busy.close()


@pytest.mark.parametrize("holder", ["this program", "init", "nobody"])
def test_a_stale_pid_file_does_not_block(own: EmbeddedServer, holder: str) -> None:
    """Prevents "lock file already exists" for ever once another program has the old number."""
    pid = {"this program": os.getpid(), "init": 1, "nobody": 2**22 - 1}[holder]
    lines = [pid, own.data, 1, 5460, "", "127.0.0.1", "", "ready"]
    stale = own.data / "postmaster.pid"
    stale.write_text("\n".join(map(str, lines)) + "\n")
    assert own.status().running is False
    assert own.down() is False
    stale.write_text("\n".join(map(str, lines)) + "\n")
    assert own.up().started is True


def test_concurrent_ups_start_one(own: EmbeddedServer) -> None:
    """Prevents two commands on a stopped warehouse from getting in each other's way."""
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: own.up(), range(4)))
    assert sum(result.started for result in results) == 1
    assert len({result.pid for result in results}) == 1


@pytest.mark.parametrize("statement", ["create database", "revoke temporary", "revoke all"])
def test_an_interrupted_first_up_is_completed_by_the_next(
    own: EmbeddedServer, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    """Prevents a server without its database, or open to everybody, after Ctrl-C in the first `up`."""
    _forget_the_database(own)
    with monkeypatch.context() as interrupted:
        interrupted.setattr(_Interrupted, "at", statement)
        interrupted.setattr(psycopg, "connect", _Interrupted.connect)
        with pytest.raises(KeyboardInterrupt):
            own.up()
    assert own.status().running is True
    assert own.up().started is False
    assert _value(own, "select has_database_privilege('public', 'assay', 'temporary')") is False
    assert _value(own, "select has_schema_privilege('public', 'public', 'usage')") is False


def _forget_the_database(server: EmbeddedServer) -> None:
    server.up()
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as session:
        session.execute("drop database assay")
    server.down()
    (server.folder / "complete").unlink(missing_ok=True)


class _Interrupted(psycopg.Connection[Any]):
    """By Ctrl-C, before a statement."""

    at = ""

    def execute(self, query: Any, *arguments: Any, **more: Any) -> Any:
        text = query.decode() if isinstance(query, bytes) else query
        if text.startswith(self.at):
            raise KeyboardInterrupt
        return super().execute(query, *arguments, **more)


def test_nobody_is_told_of_a_server_whose_database_is_being_made(
    own: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prevents a second command, started in that moment, from not finding the database."""
    _forget_the_database(own)
    made, go_on = threading.Event(), threading.Event()
    connect = psycopg.connect

    def slowly(url: str, **more: Any) -> Any:
        made.set()
        assert go_on.wait(60)
        return connect(url, **more)

    monkeypatch.setattr(psycopg, "connect", slowly)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(own.up)
        assert made.wait(60)
        second = pool.submit(own.up)
        assert wait([second], timeout=1).not_done
        go_on.set()
        assert (first.result().started, second.result().started) == (True, False)
    assert _value(own, "select 1") == 1


def test_a_home_from_before_needs_no_restart(own: EmbeddedServer) -> None:
    """Prevents a running server that an older version made from being refused, or asked each time."""
    first = own.up()
    (own.folder / "complete").unlink()
    again = own.up()
    assert (again.started, again.pid) == (False, first.pid)
    assert (own.folder / "complete").exists()


def test_the_kept_port_taken_by_another_program(own: EmbeddedServer) -> None:
    """Prevents BI tools from talking to a stranger, and a puzzle about why nothing starts."""
    port = own.up().port
    own.down()
    message = f"Another program now listens on port {port}"
    with (
        closing(socket.create_server(("127.0.0.1", port or 0))),
        pytest.raises(AssayError, match=message),
    ):
        own.up()
    assert own.up().port == port


def test_half_finished_initdb_is_made_anew(folder: Path) -> None:
    """Prevents a first `up` that was interrupted from spoiling every later one."""
    server = EmbeddedServer(folder / "home", major=16, settings=SMALL)
    leftover = server.folder / "data.new-interrupted"
    leftover.mkdir(parents=True)
    (leftover / "PG_VERSION").write_text("16")
    try:
        assert server.up().started is True
        assert not leftover.exists()
        assert str(_value(server, "show server_version")).startswith("16.")
    finally:
        server.down()


def test_data_of_another_version_is_refused(own: EmbeddedServer) -> None:
    """Prevents an upgrade of the package from ending in PostgreSQL's own puzzling words."""
    (own.data / "PG_VERSION").write_text("16\n")
    with pytest.raises(AssayError, match="was made by PostgreSQL 16, and this is PostgreSQL 18"):
        own.up()


def test_the_log_holds_no_texts(own: EmbeddedServer) -> None:
    """Prevents people's questions from ending up in a log file."""
    own.up()
    with psycopg.connect(own.url, autocommit=True) as session:
        for statement in (b"select 'my secret'::int", b"selec 'my secret'"):
            with pytest.raises(psycopg.Error):
                session.execute(statement)
        with pytest.raises(psycopg.Error):
            session.execute("select %s::text::int", ("my secret",))
    assert "secret" not in own.log_file.read_text()


def test_it_outlives_the_command(own: EmbeddedServer) -> None:
    """Prevents the end of the terminal, or its Ctrl-C, from stopping the server."""
    home = own.folder.parent
    made = _assay("up", "--json", home=home)
    assert made.returncode == 0, made.stderr
    facts = json.loads(made.stdout)
    assert own.password_file.read_text() not in made.stdout
    pid = own.status().pid
    assert pid is not None
    assert os.getsid(pid) != os.getsid(0)
    assert facts["port"] == own.status().port
    assert _assay("status", home=home).returncode == 0
    assert _assay("down", home=home).returncode == 0
    assert _assay("status", home=home).returncode == 1


def test_status_and_the_demo_tell_how_to_connect(
    own: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prevents a psql that nobody has, and a search for the password."""
    own.up()
    shell = os.environ["PATH"]
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("ASSAY_HOME", str(own.folder.parent))
    told = _assay("status", home=own.folder.parent).stdout
    command = told.partition("connect with\n")[2].strip()
    asked = ["bash", "-c", f"{command} -Atc 'select current_user'"]
    said = subprocess.run(asked, env={"PATH": shell}, capture_output=True, text=True, check=False)
    assert (said.stdout, said.stderr) == ("assay\n", "")
    assert command in demo.how_to_look(Path("executive.html"))
    monkeypatch.setenv("ASSAY_DATABASE_URL", own.url)
    assert 'psql "$ASSAY_DATABASE_URL"' in demo.how_to_look(Path("executive.html"))


@as_root
@pytest.mark.parametrize("dropped", ["", "-dac_read_search"])
def test_root_in_a_closed_folder(pristine: Path, folder: Path, dropped: str) -> None:
    """Prevents "Permission denied" for root's clone in /root or in `mktemp -d`, also in Docker."""
    home = folder / "home"
    folder.chmod(0o700)
    subprocess.run(["cp", "-a", pristine, home], check=True)  # noqa: S607
    prefix = ("setpriv", f"--bounding-set={dropped}") if dropped else ()
    try:
        made = _assay("up", home=home, prefix=prefix)
        assert made.returncode == 0, made.stderr
    finally:
        assert _assay("down", home=home).returncode == 0


@as_root
def test_root_in_a_closed_folder_without_any_way_in(folder: Path) -> None:
    """Prevents an error that does not say which folder to open."""
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    dropped = "--bounding-set=-dac_read_search,-dac_override"
    made = _assay("up", home=closed / "home", prefix=("setpriv", dropped))
    assert made.returncode == 1
    # The checkout itself may be in a closed folder, as root's own is: that one is named first.
    folders = (*reversed(PROJECT_DIR.parents), PROJECT_DIR, closed)
    first = next(way for way in folders if not way.stat().st_mode & stat.S_IXOTH)
    assert f"cannot enter {first}. " in made.stderr


@as_root
def test_an_ordinary_user(folder: Path) -> None:
    """Prevents anything that works only for root."""
    home = folder / "home"
    home.mkdir()
    shutil.chown(home, NOBODY, NOBODY)
    user: tuple[str, ...] = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    if _assay("--help", home=home, prefix=user).returncode != 0:
        # The interpreter or the checkout is in root's private folder: let the user read it, and
        # let access(2) know that it may.
        user += ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
        user += ("--securebits=+no_setuid_fixup",)
    try:
        made = _assay("up", home=home, prefix=user)
        assert made.returncode == 0, made.stderr
        assert (home / "postgres" / "password").stat().st_uid == NOBODY
        assert (home / "postgres" / "data").stat().st_uid == NOBODY
        assert _assay("sql", "--csv", "select 1 as x", home=home, prefix=user).stdout == "x\n1\n"
    finally:
        assert _assay("down", home=home, prefix=user).returncode == 0


def test_the_users_own_database(pg16_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prevents ASSAY_DATABASE_URL from being passed over, or its session from another zone."""
    monkeypatch.setenv("ASSAY_DATABASE_URL", pg16_url)
    assert connection.database_url() == pg16_url
    with connection.connect() as session:
        assert session.info.server_version // 10000 == 16
        session.rollback()
        assert session.execute("show timezone").fetchone() == ("UTC",)
    environment = connection.dbt_environment()
    assert environment["ASSAY_PG_HOST"] == "127.0.0.1"
    assert environment["ASSAY_PG_PASSWORD"] in pg16_url


def test_a_database_that_is_not_utf8_is_refused(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prevents batches that are refused for ever: texts have letters that LATIN1 does not."""
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as admin:
        admin.execute(
            f"""create database {name} encoding 'LATIN1' locale 'C' locale_provider libc
                template template0""".encode()
        )
        monkeypatch.setenv("ASSAY_DATABASE_URL", server.url_of(name))
        try:
            with pytest.raises(AssayError, match=r"is encoded in LATIN1; .* encoding 'UTF8'"):
                connection.connect().close()
        finally:
            admin.execute(f"drop database {name} with (force)".encode())


def test_dbt_gets_the_rest_of_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prevents dbt from connecting without the TLS that the URL asks for."""
    url = "postgresql://me:p%40ss@db.example/shop?sslmode=verify-full"
    monkeypatch.setenv("ASSAY_DATABASE_URL", url)
    environment = connection.dbt_environment()
    assert environment["ASSAY_PG_PASSWORD"] == "p@ss"
    assert environment["ASSAY_PG_PORT"] == "5432"
    assert environment["PGSSLMODE"] == "verify-full"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hunter2@127.0.0.1:1/x",
        "postgres//me:hunter2@127.0.0.1/x",
        "postgresql://me:hunter2@127.0.0.1:5460x/x",
    ],
)
def test_errors_do_not_show_the_password(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prevents a password in a terminal, a CI log or a bug report."""
    monkeypatch.setenv("ASSAY_DATABASE_URL", url)
    with pytest.raises(AssayError) as caught:
        connection.connect()
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_error_that_quotes_the_password_is_told_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prevents whatever a driver or a proxy puts into its message from being passed on."""

    def quotes(**given: object) -> None:
        raise psycopg.OperationalError(f"refused: {given}")

    monkeypatch.setenv("ASSAY_DATABASE_URL", "postgresql://u:hunter2@127.0.0.1:1/d")
    monkeypatch.setattr(psycopg, "connect", quotes)
    with pytest.raises(AssayError, match=r"refused: .*\*\*\*") as caught:
        connection.connect()
    assert "hunter2" not in str(caught.value)
