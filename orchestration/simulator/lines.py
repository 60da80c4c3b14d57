"""The log lines that the product writes, one class a kind, and how times and money are spelled.

These are the producer's own classes, not the reader's: a slip on either side must show.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
NANOS = 1_000_000_000

encode = msgspec.json.Encoder().encode


class Line(msgspec.Struct, kw_only=True, omit_defaults=True, tag_field="kind", gc=False):
    event_id: str
    ts: str
    workspace: str
    source: str | None = None
    environment: str | None = None
    release: str | None = None
    region: str | None = None
    project: str | None = None
    task_id: str | None = None
    trace_id: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    attributes: dict[str, Any] | None = None


class Query(Line, tag="query"):
    status: str
    query_id: str | None = None
    parent_query_id: str | None = None
    turn: int | None = None
    surface: str | None = None
    feature: str | None = None
    schema_type: str | None = None
    locale: str | None = None
    assistant: str | None = None
    assistant_version: str | None = None
    prompt_name: str | None = None
    prompt_version: str | None = None
    experiment: str | None = None
    variant: str | None = None
    route_policy: str | None = None
    route_propensity: float | None = None
    query_type: str | None = None
    access_level: str | None = None
    operation: str | None = None
    provider: str | None = None
    model_requested: str | None = None
    model: str | None = None
    error_type: str | None = None
    finish_reason: str | None = None
    refused: bool | None = None
    answered: bool | None = None
    cache_hit: bool | None = None
    cache_kind: str | None = None
    latency_ms: float | None = None
    first_event_ms: float | None = None
    first_token_ms: float | None = None
    retrieval_ms: float | None = None
    llm_ms: float | None = None
    complexity: float | None = None
    confidence: float | None = None
    context_tokens: int | None = None
    context_limit_tokens: int | None = None
    truncated_tokens: int | None = None
    truncation: str | None = None
    tool_calls: int | None = None
    tool_errors: int | None = None
    citations: int | None = None
    attachments: int | None = None
    query_text: str | None = None
    response_text: str | None = None
    error_message: str | None = None


class Hit(msgspec.Struct, omit_defaults=True, gc=False):
    doc_id: str
    chunk_id: str
    rank: int
    score: float
    in_context: bool
    cited: bool
    rerank_score: float | None = None
    text: str | None = None


class Retrieval(Line, tag="retrieval"):
    latency_ms: float
    result_count: int
    query_id: str
    data_source: str
    retriever: str
    index_version: str
    embedding_model: str
    strategy: str
    top_k: int
    status: str
    error_type: str | None = None
    documents: list[Hit] | None = None
    query_text: str | None = None


class Feedback(Line, tag="feedback"):
    type: str
    query_id: str | None = None
    value: float | None = None
    reasons: list[str] | None = None
    severity: str | None = None
    resolution: str | None = None
    solicited: bool | None = None
    asked_at: str | None = None
    ask_probability: float | None = None
    answered: bool | None = None
    supersedes: str | None = None
    comment: str | None = None
    correction: str | None = None


class Cost(Line, tag="cost"):
    model: str
    call_type: str
    provider: str
    query_id: str | None = None
    service_tier: str | None = None
    input_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    requests: int | None = None
    reported_cost: str | None = None
    currency: str | None = None


class Guardrail(Line, tag="guardrail"):
    latency_ms: float
    risk_score: float
    guardrail: str
    verdict: str
    query_id: str
    version: str
    stage: str
    policy: str | None = None
    category: str | None = None
    human_override: str | None = None


class Usage(Line, tag="usage"):
    feature: str
    action: str
    surface: str | None = None
    duration_ms: float | None = None
    value: float | None = None


class Evaluation(Line, tag="evaluation"):
    target_type: str
    target_id: str
    evaluator: str
    evaluator_version: str
    metrics: dict[str, float]
    label: str | None = None
    judge_cost_event_id: str | None = None
    explanation: str | None = None


class Outcome(Line, tag="outcome"):
    target_type: str
    target_id: str
    result: str
    value: float | None = None
    duration_ms: int | None = None
    iterations: int | None = None
    tags: list[str] | None = None
    quality: dict[str, float] | None = None


class Tool(Line, tag="tool"):
    latency_ms: float
    query_id: str
    agent: str
    tool: str
    status: str
    error_type: str | None = None


class Decision(Line, tag="decision"):
    object_type: str
    object_id: str
    decision: str
    actor: str
    related_id: str | None = None
    note: str | None = None


class Document(Line, tag="document"):
    doc_id: str
    chunk_id: str
    version: str
    collection: str
    title: str
    change: str
    text: str | None = None


class Change(Line, tag="change"):
    what: str
    name: str
    version: str
    previous: str | None = None
    detail: dict[str, Any] | None = None


class Privacy(Line, tag="privacy"):
    order: str
    scope: str
    target_id: str
    actor: str


class Metric(Line, tag="metric"):
    name: str
    value: float
    unit: str
    tags: dict[str, Any] | None = None


class Bill(Line, tag="bill"):
    provider: str
    model: str
    day: str
    amount: str
    currency: str
    units: dict[str, int]


class Audit(Line, tag="audit"):
    actor: str
    action: str
    object_type: str
    outcome: str
    object_id: str
    ip: str
    detail: dict[str, Any] | None = None


KINDS: tuple[type[Line], ...] = (
    Query,
    Retrieval,
    Feedback,
    Cost,
    Guardrail,
    Usage,
    Evaluation,
    Outcome,
    Tool,
    Decision,
    Document,
    Change,
    Privacy,
    Metric,
    Bill,
    Audit,
)


def stamps(at_ms: Ints, offset_minutes: Ints) -> list[str]:
    """RFC 3339 with milliseconds, each in the clock of its own workspace."""
    local = (at_ms + offset_minutes * MINUTE_MS).astype("datetime64[ms]")
    zones = {offset: zone(offset) for offset in set(offset_minutes.tolist())}
    texts: list[str] = np.datetime_as_string(local, unit="ms").tolist()
    return [text + zones[offset] for text, offset in zip(texts, offset_minutes.tolist(), strict=True)]


def stamp(at_ms: int, offset_minutes: int = 0) -> str:
    return stamps(np.array([at_ms], np.int64), np.array([offset_minutes], np.int64))[0]


def zone(offset_minutes: int) -> str:
    if offset_minutes == 0:
        return "Z"
    hours, minutes = divmod(abs(offset_minutes), 60)
    return f"{'-' if offset_minutes < 0 else '+'}{hours:02d}:{minutes:02d}"


def day_text(day_ms: int) -> str:
    return stamp(day_ms)[:10]


def usd(nanos: int) -> str:
    """Nano-dollars as a decimal string; whole digits, so that nothing is rounded on the way."""
    return f"{nanos // NANOS}.{nanos % NANOS:09d}"


def named(names: Sequence[str | None], indexes: Ints) -> list[Any]:
    return np.array(names, object)[indexes].tolist()  # type: ignore[no-any-return]


def where(mask: Bools, values: NDArray[Any]) -> list[Any]:
    """Python values, and None (a field that is left out) where the mask is false."""
    column = values.astype(object)
    column[~mask] = None
    return column.tolist()  # type: ignore[no-any-return]
