"""Langfuse's own SDK as its documentation says; its base URL is the receiver's.

langfuse_client.py MODEL_URL RECEIVER_URL
"""

import json
import sys
from contextlib import AbstractContextManager
from typing import Any

from conversation import chat, converse
from langfuse import Langfuse, propagate_attributes
from langfuse.openai import OpenAI


def work(langfuse: Langfuse, client: Any) -> dict[str, Any]:
    def of_somebody(number: int) -> AbstractContextManager[Any]:
        about = {"user_id": f"u{number % 4}", "session_id": f"s{number % 3}"}
        return propagate_attributes(tags=["beta"], **about)

    converse(client, of_somebody)
    for number in range(2):
        with (
            langfuse.start_as_current_observation(name="turn", as_type="agent", input="Why?") as turn,
            propagate_attributes(user_id="ana", session_id="s0", trace_name="support"),
        ):
            with langfuse.start_as_current_observation(name="search", as_type="retriever") as found:
                found.update(input="Why?", output=[{"id": "kb-1", "score": 0.9, "content": "Because."}])
            with langfuse.start_as_current_observation(name="lookup", as_type="tool"):
                chat(client, f"First {number}?")
            chat(client, f"Then {number}?")
            turn.update(output="Because.", metadata={"tier": "gold"})
        langfuse.create_score(
            name="user-feedback", value=number, trace_id=turn.trace_id, data_type="BOOLEAN",
            comment="Not what I asked." if number == 0 else None,
        )  # fmt: skip
    langfuse.create_score(name="faithfulness", value=0.5, trace_id=turn.trace_id)
    return {"scored": turn.trace_id}


def main(model_url: str, receiver_url: str) -> None:
    langfuse = Langfuse(
        public_key="pk-lf-1", secret_key="sk-lf-1", base_url=receiver_url, environment="production",
        release="7",
    )  # fmt: skip
    client = OpenAI(base_url=model_url, api_key="none", max_retries=0)
    said = work(langfuse, client)
    langfuse.shutdown()
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
