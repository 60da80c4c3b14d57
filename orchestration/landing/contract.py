"""The landing contract as types: one class a kind, one line of a file is one object.

The decoder checks types, ranges and required fields while it parses, in C. Three markers say where a
field goes: `VAULT` (texts, never in a raw log), `PERSON` (an outside id, replaced by a random
reference) and `FREE` (nested JSON of the producer's own shape).
"""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args

from msgspec import Meta, Struct

VERSION = 1

DEFAULT_WORKSPACE = "default"
DEFAULT_SOURCE = "native"
DEFAULT_CURRENCY = "USD"

VAULT = "vault"
PERSON = "person"
FREE = "free"

# Bounds keep sums inside a bigint of nano-dollars or microseconds, whatever a producer sends.
MAX_COUNT = 10**12
MAX_DURATION_MS = 1e11  # three years
MAX_MONEY = Decimal(10) ** 9
MAX_MONEY_DIGITS = 18  # after the point

Id = Annotated[str, Meta(min_length=1)]
When = Annotated[dt.datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=0, le=MAX_COUNT)]
Duration = Annotated[float, Meta(ge=0, le=MAX_DURATION_MS)]
Share = Annotated[float, Meta(ge=0, le=1)]
Money = Decimal
Text = Annotated[str, VAULT]
Person = Annotated[Id, PERSON]
Json = Annotated[dict[str, Any], FREE]
Numbers = Annotated[dict[str, float], FREE]


class Event(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """The envelope of every kind."""

    event_id: Id
    ts: When
    workspace: Id = DEFAULT_WORKSPACE
    source: Id = DEFAULT_SOURCE
    environment: str | None = None
    release: str | None = None
    region: str | None = None
    project: str | None = None
    task_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    session_id: str | None = None
    user_id: Person | None = None
    attributes: Json | None = None


class Query(Event, tag_field="kind", tag="query"):
    """One turn that a user sees."""

    status: Literal["ok", "error", "cancelled", "blocked"]
    query_id: str | None = None
    parent_query_id: str | None = None
    turn: Count | None = None
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
    route_propensity: Share | None = None
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
    cache_kind: Literal["exact", "semantic"] | None = None
    latency_ms: Duration | None = None
    first_event_ms: Duration | None = None
    first_token_ms: Duration | None = None
    retrieval_ms: Duration | None = None
    llm_ms: Duration | None = None
    complexity: Share | None = None
    confidence: Share | None = None
    context_tokens: Count | None = None
    context_limit_tokens: Count | None = None
    truncated_tokens: Count | None = None
    truncation: str | None = None
    tool_calls: Count | None = None
    tool_errors: Count | None = None
    citations: Count | None = None
    attachments: Count | None = None
    query_text: Text | None = None
    response_text: Text | None = None
    error_message: Text | None = None


class RetrievedDocument(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """One passage that a retrieval returned."""

    doc_id: Id
    chunk_id: str | None = None
    rank: Count | None = None
    score: float | None = None
    rerank_score: float | None = None
    in_context: bool | None = None
    cited: bool | None = None
    attributes: Json | None = None
    text: Text | None = None


class Retrieval(Event, tag_field="kind", tag="retrieval"):
    """One retrieval call, also when it found nothing."""

    result_count: Count
    query_id: str | None = None
    data_source: str | None = None
    retriever: str | None = None
    index_version: str | None = None
    embedding_model: str | None = None
    strategy: str | None = None
    top_k: Count | None = None
    status: Literal["ok", "error"] | None = None
    error_type: str | None = None
    latency_ms: Duration | None = None
    documents: list[RetrievedDocument] | None = None
    query_text: Text | None = None


class Feedback(Event, tag_field="kind", tag="feedback"):
    """One signal, also an ask that stayed unanswered."""

    type: Literal["thumb", "stars", "text", "correction", "flag", "implicit"]
    query_id: str | None = None
    value: float | None = None
    reasons: list[str] | None = None
    severity: Literal["low", "medium", "high", "critical"] | None = None
    resolution: Literal["open", "fixed", "dismissed"] | None = None
    solicited: bool | None = None
    asked_at: When | None = None
    ask_probability: Share | None = None
    answered: bool = True
    supersedes: str | None = None
    comment: Text | None = None
    correction: Text | None = None


class Cost(Event, tag_field="kind", tag="cost"):
    """One billable call; all token counts are disjoint."""

    model: Id
    query_id: str | None = None
    call_type: Literal["generation", "embedding", "rerank", "judge", "tool", "other"] | None = None
    provider: str | None = None
    service_tier: Literal["standard", "batch", "flex", "priority"] | None = None
    input_tokens: Count | None = None
    cache_read_tokens: Count | None = None
    cache_write_tokens: Count | None = None
    cache_write_1h_tokens: Count | None = None
    audio_input_tokens: Count | None = None
    image_input_tokens: Count | None = None
    output_tokens: Count | None = None
    reasoning_tokens: Count | None = None
    audio_output_tokens: Count | None = None
    requests: Count = 1
    reported_cost: Money | None = None
    currency: Id = DEFAULT_CURRENCY


class Guardrail(Event, tag_field="kind", tag="guardrail"):
    """One check, also when it passed."""

    guardrail: Id
    verdict: Literal["pass", "flag", "block", "mask", "error"]
    query_id: str | None = None
    version: str | None = None
    provider: str | None = None
    stage: Literal["input", "output", "retrieval", "tool"] | None = None
    policy: str | None = None
    category: str | None = None
    risk_score: Share | None = None
    latency_ms: Duration | None = None
    human_override: Literal["upheld", "overturned"] | None = None


class Usage(Event, tag_field="kind", tag="usage"):
    """A product event."""

    feature: Id
    action: Id
    surface: str | None = None
    duration_ms: Duration | None = None
    value: float | None = None


class Evaluation(Event, tag_field="kind", tag="evaluation"):
    """A score by anyone or anything; one line may carry a whole vector."""

    target_type: Literal["query", "session", "task", "document", "user"]
    target_id: Id
    evaluator: Id
    evaluator_version: Id
    metrics: Numbers
    label: str | None = None
    judge_cost_event_id: str | None = None
    explanation: Text | None = None


class Outcome(Event, tag_field="kind", tag="outcome"):
    """How a session or task ended."""

    target_type: Literal["session", "task"]
    target_id: Id
    result: Literal["success", "failure", "escalated", "abandoned"]
    value: float | None = None
    duration_ms: Duration | None = None
    iterations: Count | None = None
    tags: list[str] | None = None
    quality: Numbers | None = None


class Tool(Event, tag_field="kind", tag="tool"):
    """One tool or agent call."""

    tool: Id
    status: Literal["ok", "error"]
    query_id: str | None = None
    agent: str | None = None
    error_type: str | None = None
    latency_ms: Duration | None = None


class Decision(Event, tag_field="kind", tag="decision"):
    """A step in the life of a finding."""

    object_type: Literal["gap", "alert", "prompt", "article", "feedback"]
    object_id: Id
    decision: Id
    actor: Person | None = None
    related_id: str | None = None
    note: Text | None = None


class Document(Event, tag_field="kind", tag="document"):
    """A version of a piece of the knowledge base."""

    doc_id: Id
    chunk_id: str | None = None
    version: str | None = None
    collection: str | None = None
    title: str | None = None
    change: Literal["added", "updated", "removed"] | None = None
    text: Text | None = None


class Change(Event, tag_field="kind", tag="change"):
    """Something changed in the product."""

    what: Literal["release", "prompt", "model", "index", "route", "config", "other"]
    name: str | None = None
    version: str | None = None
    previous: str | None = None
    detail: Json | None = None


class Privacy(Event, tag_field="kind", tag="privacy"):
    """A person's or owner's order."""

    order: Literal["exclude", "include", "reset", "erase"]
    scope: Literal["user", "session", "workspace"]
    target_id: Id
    actor: Person | None = None


class Metric(Event, tag_field="kind", tag="metric"):
    """Any number worth keeping."""

    name: Id
    value: float
    unit: str | None = None
    tags: Json | None = None


class Bill(Event, tag_field="kind", tag="bill"):
    """A line of a provider's invoice."""

    provider: Id
    day: dt.date
    amount: Money
    model: str | None = None
    currency: Id = DEFAULT_CURRENCY
    units: Json | None = None


class Price(Event, tag_field="kind", tag="price"):
    """What one model costs from a moment on. A later line for the same moment takes its place."""

    model: Id
    origin: Literal["genai-prices", "override", "negotiated"]
    valid_from: When
    provider: str | None = None
    service_tier: Literal["standard", "batch", "flex", "priority"] | None = None
    for_workspace: str | None = None
    valid_to: When | None = None
    above_input_tokens: Count = 0
    tier_mode: Literal["whole", "marginal"] | None = None
    withdrawn: bool = False
    input_price: Money | None = None
    cache_read_price: Money | None = None
    cache_write_price: Money | None = None
    cache_write_1h_price: Money | None = None
    audio_input_price: Money | None = None
    image_input_price: Money | None = None
    output_price: Money | None = None
    reasoning_price: Money | None = None
    audio_output_price: Money | None = None
    request_price: Money | None = None
    tool_call_price: Money | None = None


class Audit(Event, tag_field="kind", tag="audit"):
    """One action by a person or a program."""

    actor: Person
    action: Id
    object_type: Id
    outcome: Literal["success", "failure", "denied"]
    object_id: str | None = None
    ip: str | None = None
    detail: Json | None = None


Line = (
    Query
    | Retrieval
    | Feedback
    | Cost
    | Guardrail
    | Usage
    | Evaluation
    | Outcome
    | Tool
    | Decision
    | Document
    | Change
    | Privacy
    | Metric
    | Bill
    | Price
    | Audit
)

KINDS: dict[str, type[Event]] = {str(struct.__struct_config__.tag): struct for struct in get_args(Line)}

# Where an id names a person only for one value of another field.
PERSON_TARGETS: dict[type[Event], tuple[str, str]] = {
    Evaluation: ("target_type", "user"),
    Privacy: ("scope", "user"),
}
