"""LiteLLM's SDK as its documentation says, with a callback that writes each payload on a line; and the
row that its proxy would write to its table of spend, made by the proxy's own code.

litellm_client.py MODEL_URL FILE ROWS
"""

import json
import os
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm
from litellm.caching.caching import Cache
from litellm.integrations.custom_logger import CustomLogger
from litellm.litellm_core_utils.litellm_logging import StandardLoggingPayloadSetup

# The proxy's settings stand in its server, which needs what only the proxy's extras install.
_SERVER = ModuleType("litellm.proxy.proxy_server")
vars(_SERVER).update(general_settings={"store_prompts_in_spend_logs": True}, master_key=None)
sys.modules[_SERVER.__name__] = _SERVER
from litellm.proxy.spend_tracking.spend_tracking_utils import get_logging_payload  # noqa: E402

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

    def __init__(self, path: str, rows: str) -> None:
        super().__init__()
        self.file = open(path, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - closed with the process
        self.rows = open(rows, "w", encoding="utf-8")  # noqa: SIM115, PTH123
        self.written = 0

    def log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self.write(kwargs, kwargs, response_obj, start_time, end_time)

    def log_failure_event(self, kwargs: Any, **_: Any) -> None:
        self.write(kwargs, *as_the_proxy_says_a_failure(kwargs))

    def write(self, kwargs: Any, *call: Any) -> None:
        payload = kwargs.get("standard_logging_object")
        if payload is None:
            return
        row = get_logging_payload(*call)
        row["spend"] = row["spend"] or 0.0  # as `db_spend_update_writer.py`
        for file, said in ((self.file, payload), (self.rows, row)):
            file.write(json.dumps(said, default=str) + "\n")
            file.flush()
        self.written += 1


def as_the_proxy_says_a_failure(kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """`async_post_call_failure_hook` of `proxy_track_cost_callback.py`: no duration is told."""
    error = kwargs["exception"]
    information = StandardLoggingPayloadSetup.get_error_information(original_exception=error)
    names = ("model", "messages", "custom_llm_provider", "litellm_call_id", "standard_logging_object")
    parameters = dict(kwargs["litellm_params"])
    parameters["metadata"] = {
        **(parameters.get("metadata") or {}),
        "status": "failure",
        "error_information": information,
    }
    request = {name: kwargs.get(name) for name in names} | {"litellm_params": parameters}
    return request, error, datetime.now(UTC), datetime.now(UTC)


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


def main(model_url: str, path: str, rows: str) -> None:
    litellm.suppress_debug_info = True
    litellm.register_model({"openai/small": PRICES, "small": PRICES})
    lines = Lines(path, rows)
    litellm.callbacks = [lines]
    expected = work(model_url)
    until = time.monotonic() + 60
    while lines.written < expected and time.monotonic() < until:
        time.sleep(0.05)  # callbacks run in a thread of their own


if __name__ == "__main__":
    main(*sys.argv[1:])
