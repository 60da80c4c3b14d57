"""Langfuse's own SDK as its documentation says; its base URL is the receiver's.

langfuse_client.py MODEL_URL RECEIVER_URL
"""

import json
import sys
from contextlib import suppress
from typing import Any

import openai as plain_openai
from langfuse import Langfuse, propagate_attributes
from langfuse.openai import OpenAI


def chat(client: Any, text: str, **more: Any) -> None:
    answer = client.chat.completions.create(
        model="small", messages=[{"role": "user", "content": text}], **more
    )
    if more.get("stream"):
        for _ in answer:
            pass


def work(langfuse: Langfuse, client: Any) -> dict[str, Any]:
    for number in range(12):
        with propagate_attributes(user_id=f"u{number % 4}", session_id=f"s{number % 3}", tags=["beta"]):
            chat(client, f"Question {number}?")
    for number in range(3):
        chat(client, f"Streamed {number}?", stream=True, stream_options={"include_usage": True})
    for number in range(2):
        with suppress(plain_openai.RateLimitError):
            chat(client, "Too much?", user=f"fail{number}")
    for number in range(3):
        client.embeddings.create(model="vectors", input=f"Passage {number}.", encoding_format="float")
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
