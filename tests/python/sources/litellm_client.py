"""LiteLLM's SDK as its documentation says, with a callback that writes each payload on a line.

litellm_client.py MODEL_URL FILE
"""

import json
import os
import sys
import time
from contextlib import suppress
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm
from litellm.caching.caching import Cache
from litellm.integrations.custom_logger import CustomLogger

PRICES = {
    "litellm_provider": "openai",
    "mode": "chat",
    "max_input_tokens": 8192,
    "input_cost_per_token": 1e-06,
    "cache_read_input_token_cost": 5e-07,
    "output_cost_per_token": 2e-06,
}


class Lines(CustomLogger):  # type: ignore[misc]
    """One payload a line: what every integration of LiteLLM gets."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.file = open(path, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - closed with the process
        self.written = 0

    def log_success_event(self, kwargs: Any, **_: Any) -> None:
        self.write(kwargs)

    def log_failure_event(self, kwargs: Any, **_: Any) -> None:
        self.write(kwargs)

    def write(self, kwargs: Any) -> None:
        payload = kwargs.get("standard_logging_object")
        if payload is not None:
            self.file.write(json.dumps(payload, default=str) + "\n")
            self.file.flush()
            self.written += 1


def work(model_url: str) -> int:
    where: Any = {"api_base": model_url, "api_key": "none", "num_retries": 0}

    def chat(text: str, **more: Any) -> None:
        answer = litellm.completion(
            model="openai/small", messages=[{"role": "user", "content": text}], **where, **more
        )
        if more.get("stream"):
            for _ in answer:
                pass

    for number in range(12):
        chat(f"Question {number}?", litellm_session_id=f"s{number % 3}", metadata={"tags": ["beta"]})
    for number in range(3):
        chat(f"Streamed {number}?", stream=True, stream_options={"include_usage": True})
    for number in range(2):
        with suppress(litellm.RateLimitError):
            chat("Too much?", user=f"fail{number}")
    for number in range(3):
        litellm.embedding(model="openai/vectors", input=[f"Passage {number}."], **where)
    litellm.cache = Cache(type="local")
    for _ in range(3):
        chat("The same again?", caching=True)
        time.sleep(0.2)
    return 12 + 3 + 2 + 3 + 3


def main(model_url: str, path: str) -> None:
    litellm.suppress_debug_info = True
    litellm.register_model({"openai/small": PRICES, "small": PRICES})
    lines = Lines(path)
    litellm.callbacks = [lines]
    expected = work(model_url)
    until = time.monotonic() + 60
    while lines.written < expected and time.monotonic() < until:
        time.sleep(0.05)  # callbacks run in a thread of their own


if __name__ == "__main__":
    main(*sys.argv[1:])
