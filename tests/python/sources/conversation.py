"""What each instrumented assistant asks of its model, so that one truth holds for all of them."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

import openai

Around = Callable[[int], AbstractContextManager[Any]]


def chat(client: Any, text: str, **more: Any) -> None:
    answer = client.chat.completions.create(
        model="small", messages=[{"role": "user", "content": text}], **more
    )
    if more.get("stream"):
        for _ in answer:
            pass


def converse(client: Any, around: Around = lambda _: nullcontext()) -> None:
    """12 questions, each with what stands around it; 3 streamed answers, 2 failures, 3 embeddings."""
    for number in range(12):
        with around(number):
            chat(client, f"Question {number}?")
    for number in range(3):
        chat(client, f"Streamed {number}?", stream=True, stream_options={"include_usage": True})
    for number in range(2):
        with suppress(openai.RateLimitError):
            chat(client, "Too much?", user=f"fail{number}")
    for number in range(3):
        client.embeddings.create(model="vectors", input=f"Passage {number}.", encoding_format="float")
