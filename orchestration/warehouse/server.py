"""The embedded PostgreSQL: made, started and stopped by us, reachable on 127.0.0.1 only."""

import fcntl
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from orchestration.errors import AssayError
from orchestration.warehouse import binaries, privileges, processes, tuning
from orchestration.warehouse.data_folder import ROLE, DataFolder
from orchestration.warehouse.ports import HOST, Ports

DATABASE = "assay"
# Crash recovery of a large warehouse takes minutes.
START_SECONDS = 600.0
STOP_SECONDS = 60.0
_LOG_LIMIT = 10 * 1024 * 1024


@dataclass(frozen=True)
class ServerStatus:
    """`started` says whether this very `up` started it; pid and port are None when it is down."""

    running: bool
    pid: int | None = None
    port: int | None = None
    started: bool = False


@dataclass(frozen=True)
class _Postmaster:
    pid: int
    port: int | None
    state: str


class EmbeddedServer:
    def __init__(
        self,
        home: Path,
        port: int | None = None,
        major: int = 18,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """`settings` win over the generated ones."""
        self.major = major
        self.folder = home.resolve() / "postgres"
        self._data = DataFolder(self.folder, major)
        self.data = self._data.path
        self.log_file = self.folder / "postgres.log"
        self.password_file = self._data.password_file
        # Stands beside a data folder whose database was made to its end.
        self._complete = self.folder / "complete"
        self._home = home.resolve()
        self._ports = Ports(self.folder / "port", port)
        self._settings = dict(settings or {})
        self._cluster_name = f"assay {sha256(str(self.data).encode()).hexdigest()[:12]}"

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        port = self.status().port or self._ports.kept()
        if port is None or not self.password_file.exists():
            raise AssayError("The embedded PostgreSQL was never started here: run `assay up`.")
        return f"postgresql://{ROLE}:{self._data.password()}@{HOST}:{port}/{database}"

    def status(self) -> ServerStatus:
        postmaster = self._postmaster()
        if postmaster is None or postmaster.state != "ready":
            return ServerStatus(running=False)
        return ServerStatus(running=True, pid=postmaster.pid, port=postmaster.port)

    def up(self) -> ServerStatus:
        """Start unless it runs. Two at the same time start one. A server that outlived an interrupted
        `up` is completed."""
        if (status := self.status()).running and self._complete.exists():
            return self._on_the_requested_port(status)
        with self._locked():
            if (status := self._settled()).running:
                status = self._on_the_requested_port(status)
            else:
                status = self._made_and_started()
            self._create_database()
        return status

    def _made_and_started(self) -> ServerStatus:
        self._remove_traces_of_a_crash()
        run_as = privileges.choose(major=self.major, data=self.data)
        if not self.data.exists():
            self._complete.unlink(missing_ok=True)
        self._data.make(run_as)
        self._start(run_as)
        return replace(self.status(), started=True)

    def down(self) -> bool:
        """Stop, ending open sessions; False where nothing ran."""
        if not self.data.exists():
            return False
        with self._locked():
            postmaster = self._postmaster()
            if postmaster is None:
                return self._remove_traces_of_a_crash()
            self._stop(postmaster.pid)
        return True

    # --- what runs

    def _postmaster(self) -> _Postmaster | None:
        """The one that runs, from its pid file; a stale file counts as none."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        except PermissionError as error:
            raise AssayError(self._data.not_ours()) from error
        if not lines or not lines[0].isdigit():
            return None
        pid = int(lines[0])
        if not processes.is_postmaster(pid, self.data):
            return None
        # The file grows line by line while the server starts.
        port = int(lines[3]) if len(lines) > 3 and lines[3].isdigit() else None
        return _Postmaster(pid, port, lines[7].strip() if len(lines) > 7 else "starting")

    def _settled(self) -> ServerStatus:
        """Somebody else may have started or be stopping it outside our lock: wait for the end."""

        def settled() -> bool:
            postmaster = self._postmaster()
            return postmaster is None or postmaster.state == "ready"

        if not processes.wait_until(settled, START_SECONDS):
            raise AssayError(
                f"PostgreSQL has been starting or stopping for {START_SECONDS:.0f} seconds; "
                f"{self.log_file} says why."
            )
        return self.status()

    def _remove_traces_of_a_crash(self) -> bool:
        """Only called while no postmaster runs."""
        orphans = processes.of_cluster(self.data, self._cluster_name)
        if not processes.end(orphans):
            raise AssayError(
                f"Processes of a crashed PostgreSQL do not end ({', '.join(map(str, orphans))}): "
                "end them, then try again."
            )
        # PostgreSQL itself refuses to start when another program has got the old process id.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        return bool(orphans)

    def _stop(self, pid: int) -> None:
        for number in (signal.SIGINT, signal.SIGQUIT):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                return
            except PermissionError as error:
                raise AssayError(self._data.not_ours()) from error
            if processes.wait_until(lambda: not processes.is_running(pid), STOP_SECONDS):
                return
        raise AssayError(
            f"PostgreSQL (process {pid}) does not stop; {self.log_file} may say what it waits for."
        )

    # --- starting

    def _start(self, run_as: privileges.RunAs) -> None:
        for port in self._ports.candidates():
            if self._start_on(run_as, port):
                return
        raise AssayError("No free port was found for PostgreSQL: set ASSAY_PORT to one.")

    def _start_on(self, run_as: privileges.RunAs, port: int) -> bool:
        """False when somebody else took the port and we may choose another."""
        self._write_settings(port)
        self._rotate_log()
        log_start = self.log_file.stat().st_size if self.log_file.exists() else 0
        pid = self._launch(run_as)

        def decided() -> bool:
            postmaster = self._postmaster()
            ready = postmaster is not None and postmaster.state == "ready"
            return ready or not processes.is_running(pid)

        if not processes.wait_until(decided, START_SECONDS):
            raise AssayError(
                f"PostgreSQL is still not ready after {START_SECONDS:.0f} seconds and goes on "
                f"starting; {self.log_file} says what it does."
            )
        if self.status().running:
            self._ports.keep(port)
            return True
        with self.log_file.open(errors="replace") as log:
            log.seek(log_start)
            reason = log.read()
        if "Address already in use" in reason and self._ports.fixed() is None:
            return False
        raise AssayError(f"PostgreSQL did not start: {binaries.gist(reason)} (more in {self.log_file})")

    def _launch(self, run_as: privileges.RunAs) -> int:
        """Through a shell that leaves at once, so that the server is never a zombie of ours."""
        log = os.open(self.log_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            shell = run_as.run(
                [
                    "/bin/sh",
                    "-c",
                    '"$@" >&2 & echo $!',
                    "sh",
                    binaries.program(self.major, "postgres"),
                    "-D",
                    self.data,
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                # Away from this terminal: its Ctrl-C and its end must not stop the server.
                start_new_session=True,
            )
        finally:
            os.close(log)
        return int(shell.stdout)

    def _write_settings(self, port: int) -> None:
        settings = tuning.server_settings(
            major=self.major,
            port=port,
            cluster_name=self._cluster_name,
            data_parent=self.folder,
        )
        text = tuning.as_configuration({**settings, **self._settings})
        fresh = self.folder / "assay.conf.new"
        fresh.write_text(text)
        fresh.chmod(0o644)
        fresh.rename(self.folder / "assay.conf")

    def _rotate_log(self) -> None:
        if self.log_file.exists() and self.log_file.stat().st_size > _LOG_LIMIT:
            self.log_file.rename(self.log_file.with_suffix(".log.1"))

    def _create_database(self) -> None:
        """Whatever an interrupted one has left to do."""
        import psycopg

        with closing(psycopg.connect(self.url_of("postgres"), autocommit=True)) as connection:
            query = "select 1 from pg_database where datname = %s"
            exists = connection.execute(query, (DATABASE,)).fetchone()
            if exists and self._complete.exists():
                return
            if not exists:
                connection.execute(f"create database {DATABASE}".encode())
            connection.execute(f"revoke temporary on database {DATABASE} from public".encode())
        with closing(psycopg.connect(self.url, autocommit=True)) as connection:
            connection.execute("revoke all on schema public from public")
        self._complete.touch()

    def _on_the_requested_port(self, status: ServerStatus) -> ServerStatus:
        if self._ports.requested in (None, status.port):
            return status
        raise AssayError(
            f"PostgreSQL already runs on port {status.port}, but ASSAY_PORT says "
            f"{self._ports.requested}: run `assay down` first to move it."
        )

    # --- one at a time

    @contextmanager
    def _locked(self) -> Iterator[None]:
        for folder in (self._home, self.folder):
            _make_folder(folder)
        try:
            lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except PermissionError as error:
            raise AssayError(self._data.not_ours()) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Whatever the umask: when root starts it, the server's user must pass through.
        folder.chmod(0o755)
    except OSError as error:
        raise AssayError(
            f"The folder {folder} cannot be made ({error.strerror}): set ASSAY_HOME to a folder "
            "you can write to."
        ) from error
