"""An assistant that is instrumented as its documentation says; run as a process of its own.

    client.py otel|openinference MODEL_URL RECEIVER_URL

It prints what its spans were, for the test to compare with: milliseconds of every turn.
"""

import json
import sys

import openai
from conversation import chat, converse
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

AROUND = {
    "otel": {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "helper"},
    "openinference": {"openinference.span.kind": "AGENT", "agent.name": "helper"},
}


def instrument(convention: str, provider: TracerProvider) -> None:
    if convention == "otel":
        from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor as Instrumentor
    else:
        from openinference.instrumentation.openai import OpenAIInstrumentor as Instrumentor
    Instrumentor().instrument(tracer_provider=provider)


def work(client: openai.OpenAI, convention: str) -> None:
    converse(client)
    for number in range(2):
        tracer = trace.get_tracer("assistant")
        with tracer.start_as_current_span("turn", attributes=AROUND[convention]):
            chat(client, f"First {number}?")
            chat(client, f"Then {number}?")


def main(convention: str, model_url: str, receiver_url: str) -> None:
    seen = InMemorySpanExporter()
    provider = TracerProvider(
        resource=Resource.create({"service.name": "shop", "service.version": "1"})
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{receiver_url}/v1/traces")))
    provider.add_span_processor(SimpleSpanProcessor(seen))
    trace.set_tracer_provider(provider)
    instrument(convention, provider)
    work(openai.OpenAI(base_url=model_url, api_key="none", max_retries=0), convention)
    provider.shutdown()
    turns = [
        (span.end_time // 1000 - span.start_time // 1000) / 1000
        for span in seen.get_finished_spans()
        if span.parent is None
        and "embedding" not in str(dict(span.attributes)).lower()
        and span.end_time
        and span.start_time
    ]
    json.dump({"turns": turns}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
