"""A stand-in for a provider on 127.0.0.1 that speaks the OpenAI protocol, and keeps its own books."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Handler(BaseHTTPRequestHandler):
    server: "ModelServer"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.asked += 1
            number = self.server.asked
            failed = str(body.get("user", "")).startswith("fail")
            self.server.truth["requests"] += 1
            self.server.truth["errors"] += failed
        if failed:
            self._say({"error": {"message": "too many", "type": "rate_limit", "code": 429}}, 429)
        elif self.path.endswith("/embeddings"):
            self._embed(body, number)
        elif body.get("stream"):
            self._stream(body, number)
        else:
            self._answer(body, number)

    def _used(self, number: int) -> dict[str, Any]:
        prompt, cached, out, reasoning = 100 + number, 10 * (number % 3), 20 + number, number % 5
        with self.server.lock:
            self.server.truth["input_tokens"] += prompt - cached
            self.server.truth["cache_read_tokens"] += cached
            self.server.truth["output_tokens"] += out - reasoning
            self.server.truth["reasoning_tokens"] += reasoning
        return {
            "prompt_tokens": prompt,
            "completion_tokens": out,
            "total_tokens": prompt + out,
            "prompt_tokens_details": {"cached_tokens": cached},
            "completion_tokens_details": {"reasoning_tokens": reasoning},
        }

    def _answer(self, body: dict[str, Any], number: int) -> None:
        message = {"role": "assistant", "content": f"Answer {number}."}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        self._say({**self._head(body, number, "chat.completion"), "choices": [choice],
                   "usage": self._used(number)})  # fmt: skip

    def _stream(self, body: dict[str, Any], number: int) -> None:
        head = self._head(body, number, "chat.completion.chunk")
        deltas = [({"role": "assistant", "content": "Ans"}, None), ({"content": "wer."}, None),
                  ({}, "stop")]  # fmt: skip
        chunks = [
            {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": end}]}
            for delta, end in deltas
        ]
        chunks.append({**head, "choices": [], "usage": self._used(number)})
        said = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
        self._raw(said.encode(), 200, "text/event-stream")

    def _embed(self, body: dict[str, Any], number: int) -> None:
        with self.server.lock:
            self.server.truth["embedding_tokens"] += 7 + number
        usage = {"prompt_tokens": 7 + number, "total_tokens": 7 + number}
        data = [{"object": "embedding", "index": 0, "embedding": [0.1, 0.2]}]
        self._say({"object": "list", "model": body["model"], "data": data, "usage": usage})

    def _head(self, body: dict[str, Any], number: int, what: str) -> dict[str, Any]:
        return {"id": f"r{number}", "object": what, "created": 1, "model": f"{body['model']}-2026"}

    def _say(self, reply: dict[str, Any], status: int = 200) -> None:
        self._raw(json.dumps(reply).encode(), status, "application/json")

    def _raw(self, payload: bytes, status: int, media_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


class ModelServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = 0
        self.truth: Counter[str] = Counter()
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


@contextmanager
def model_server() -> Iterator[ModelServer]:
    server = ModelServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
