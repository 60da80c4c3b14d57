"""The data folder of the embedded PostgreSQL, and the password that it was made with."""

import os
import secrets
import shutil
import tempfile
from pathlib import Path

from orchestration.errors import AssayError
from orchestration.warehouse import binaries, privileges

ROLE = "assay"


class DataFolder:
    def __init__(self, around: Path, major: int) -> None:
        self.around = around
        self.major = major
        self.path = around / "data"
        self.password_file = around / "password"

    def make(self, run_as: privileges.RunAs) -> None:
        """Unless it stands; one that is not for this server is refused."""
        for leftover in self.around.glob("data.new-*"):
            shutil.rmtree(leftover)
        if self.path.exists():
            self._check()
            return
        self._write_password()
        fresh = Path(tempfile.mkdtemp(prefix="data.new-", dir=self.around))
        run_as.own(fresh)
        made = run_as.run(
            [
                binaries.program(self.major, "initdb"),
                f"--pgdata={fresh}",
                f"--username={ROLE}",
                "--pwfile=/dev/stdin",
                "--auth-host=scram-sha-256",
                "--auth-local=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                *self._locale_provider(),
                "--data-checksums",
                "--no-instructions",
            ],
            stdin=self._password_pipe(run_as),
            capture_output=True,
        )
        if made.returncode != 0:
            shutil.rmtree(fresh)
            raise AssayError(f"PostgreSQL could not make its data folder: {binaries.gist(made.stderr)}")
        with (fresh / "postgresql.conf").open("a") as configuration:
            configuration.write("\ninclude '../assay.conf'\n")
        fresh.rename(self.path)

    def _locale_provider(self) -> list[str]:
        # Sorts by code point like C, and knows upper and lower case beyond ASCII.
        if self.major < 17:
            return []
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]

    def _password_pipe(self, run_as: privileges.RunAs) -> int:
        """A pipe instead of a file: nothing to remove, nothing another user can open."""
        reading, writing = os.pipe()
        if run_as.uid is not None and run_as.gid is not None:
            os.fchown(reading, run_as.uid, run_as.gid)
        with os.fdopen(writing, "w") as pipe:
            pipe.write(self.password() + "\n")
        return reading

    def _check(self) -> None:
        try:
            version = (self.path / "PG_VERSION").read_text().strip()
        except PermissionError as error:
            raise AssayError(self.not_ours()) from error
        except FileNotFoundError as error:
            raise AssayError(
                f"{self.path} holds no PostgreSQL data: move it away, or set ASSAY_HOME to "
                "another folder."
            ) from error
        if version != str(self.major):
            raise AssayError(
                f"{self.path} was made by PostgreSQL {version}, and this is PostgreSQL "
                f"{self.major}: set ASSAY_HOME to another folder, or dump the data with the old "
                "version and load it into the new one."
            )
        if not self.password_file.exists():
            raise AssayError(
                f"The password file {self.password_file} is gone. Put it back, or remove "
                f"{self.around} to begin with an empty warehouse."
            )
        if os.geteuid() not in (0, self.path.stat().st_uid):
            raise AssayError(self.not_ours())

    def _write_password(self) -> None:
        if self.password_file.exists():
            return
        # mkstemp gives mode 0600.
        descriptor, name = tempfile.mkstemp(prefix="password.new-", dir=self.around)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(24))
        Path(name).rename(self.password_file)

    def password(self) -> str:
        try:
            return self.password_file.read_text().strip()
        except PermissionError as error:
            raise AssayError(self.not_ours()) from error

    def not_ours(self) -> str:
        return (
            f"The embedded PostgreSQL in {self.around} belongs to another user: run this as the "
            "user who made it, or set ASSAY_HOME to a folder of your own."
        )
