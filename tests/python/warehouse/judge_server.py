"""A stand-in for a judging model on 127.0.0.1, which can be told to misbehave."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GOOD = {"grounding": 5, "relevance": 4, "completeness": 3, "refusal": False, "reason": "It fits."}


def nonce(body: dict[str, Any]) -> str:
    found = re.search(r"<<ANSWER (\w+)>>", body["messages"][1]["content"])
    assert found is not None
    return found.group(1)


def good(body: dict[str, Any], **other: Any) -> str:
    return json.dumps({"check": nonce(body), **GOOD, **other})


class Handler(BaseHTTPRequestHandler):
    server: "JudgeServer"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.asked.append(body)
            self.server.headers.append(dict(self.headers))
            turn = len(self.server.asked)
        self.server.behave(self, body, turn)

    def say(self, content: Any, status: int = 200, **headers: str) -> None:
        usage = {"prompt_tokens": 1000, "completion_tokens": 100}
        reply = {"choices": [{"message": {"content": content}}], "usage": usage}
        self.raw(json.dumps(reply).encode(), status, **headers)

    def raw(self, payload: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


Behaviour = Callable[[Handler, dict[str, Any], int], None]


class JudgeServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behave: Behaviour = lambda handler, body, _turn: handler.say(good(body))
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.lock = threading.Lock()
        self.released = threading.Event()  # what hangs, hangs until this

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is what is tested."""


@contextmanager
def judge_server() -> Iterator[JudgeServer]:
    server = JudgeServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
