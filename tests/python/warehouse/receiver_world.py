"""`assay receive` as a process, and what talks to it."""

import gzip
import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from orchestration import crash

_STARTED = re.compile(r"http://[\d.]+:(\d+)/")


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)


@dataclass
class ReceiverProcess:
    process: subprocess.Popen[str]
    port: int

    def post(
        self, body: bytes, media_type: str = "application/json", packed: bool = False, **headers: str
    ) -> Answer:
        sent = {"content-type": media_type, **headers}
        if packed:
            body, sent["content-encoding"] = gzip.compress(body), "gzip"
        return self.ask("POST", "/v1/traces", body, sent)

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)

    def heard(self) -> str:
        """What it wrote, once it has ended."""
        assert self.process.stderr is not None
        return self.process.stderr.read()


@contextmanager
def receiving(url: str, *options: str, crash_at: str = "", **limits: int) -> Iterator[ReceiverProcess]:
    environment = {**os.environ, "ASSAY_DATABASE_URL": url, crash.VARIABLE: crash_at}
    environment |= {f"ASSAY_RECEIVE_{name.upper()}": str(value) for name, value in limits.items()}
    command = [sys.executable, "-m", "orchestration.cli", "receive", "--port", "0", *options]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            started = _STARTED.search(process.stderr.readline())
            assert started, "it did not start"
            yield ReceiverProcess(process, int(started.group(1)))
        finally:
            process.kill()
