"""Searches, and what they found."""

import hashlib

from orchestration.sources.otlp.calls import tool_of
from orchestration.sources.otlp.envelope import ending, id_of, latency
from orchestration.sources.otlp.reading import Reading
from orchestration.sources.otlp.texts import parsed_json, plain
from orchestration.sources.source import Line

_TEXT_ID_BYTES = 16


def retrieval_of(reading: Reading) -> list[Line]:
    """OpenInference says that nothing was found by naming no document. OpenTelemetry's documents are
    written only if somebody asked for them: without them it is the call of a tool and no more."""
    said = reading.said
    documents = _documents(reading)
    if documents is None:
        return tool_of(reading)
    status, error_type, _ = ending(reading)
    line = reading.envelope.copy()
    line["kind"] = "retrieval"
    line["query_id"] = reading.trace_id
    line["data_source"] = said.get("data_source")
    line["retriever"] = reading.span.name
    line["embedding_model"] = said.get("model") or said.get("model_requested")
    line["top_k"] = said.get("top_k")
    line["status"] = "ok" if status == "ok" else "error"
    line["error_type"] = error_type
    line["latency_ms"] = latency(reading.span)
    line["result_count"] = len(documents)
    line["documents"] = documents
    line["query_text"] = plain(said.get("retrieval_query")) or plain(said.get("input_value"))
    return [line]


def _documents(reading: Reading) -> list[Line] | None:
    listed = reading.lists.get("retrieval.documents")
    if listed is not None or "kind" in reading.said:
        found = list(map(listed.__getitem__, sorted(listed))) if listed else []
    else:
        found = parsed_json(reading.said.get("documents"))
    if not isinstance(found, list):
        return None
    return [document_of(rank, one) for rank, one in enumerate(found, start=1) if isinstance(one, dict)]


def document_of(rank: int, said: Line) -> Line:
    text = plain(said.get("content"))
    own_id = id_of(said.get("id"))
    if own_id is None:
        digest = hashlib.sha256((text or f"#{rank}").encode("utf-8", "surrogatepass"))
        own_id = f"text:{digest.hexdigest()[:_TEXT_ID_BYTES]}"
    document = {"doc_id": own_id, "rank": rank}
    if (score := said.get("score")) is not None:
        document["score"] = score
    if text is not None:
        document["text"] = text
    return document
