"""Attribute names as data: OpenTelemetry's GenAI conventions, old and new, OpenInference, OpenLLMetry;
and what Vercel's AI SDK and Pydantic AI write beside them.

Checked against opentelemetry-semantic-conventions 0.66b2 (schema 1.44),
openinference-semantic-conventions 0.1.42 and what their instrumentations write.
"""

import re

NEWEST_SCHEMA = (1, 44)

# What we call it -> the names it goes by; where a span has several of them, the first holds.
NAMES: dict[str, tuple[str, ...]] = {
    "kind": ("openinference.span.kind",),
    "operation": ("gen_ai.operation.name", "llm.request.type", "traceloop.span.kind"),
    "provider": (
        "gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system", "decision.provider",
    ),
    "model": (
        "gen_ai.response.model", "llm.response.model_name", "llm.model_name", "embedding.model_name",
        "reranker.model_name", "decision.response.model_name", "decision.model_name",
    ),
    "model_requested": (
        "gen_ai.request.model", "llm.request.model_name", "decision.request.model_name",
    ),
    "input_tokens": (
        "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens",
        "llm.token_count.prompt", "decision.token_count.input",
    ),
    "output_tokens": (
        "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens",
        "llm.token_count.completion", "decision.token_count.output",
    ),
    "cache_read_tokens": (
        "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
        "llm.token_count.prompt_details.cache_read", "llm.token_count.prompt_details.cache_input",
        "ai.usage.cachedInputTokens", "ai.usage.inputTokenDetails.cacheReadTokens",
        "gen_ai.usage.input_tokens.cached", "gen_ai.usage.details.cache_read_tokens",
        "gen_ai.usage.details.cache_read_input_tokens",
    ),
    "cache_write_tokens": (
        "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens", "gen_ai.usage.cache_write_input_tokens",
        "llm.token_count.prompt_details.cache_write", "ai.usage.inputTokenDetails.cacheWriteTokens",
        "gen_ai.usage.input_tokens.cache_write", "gen_ai.usage.details.cache_write_tokens",
        "gen_ai.usage.details.cache_creation_input_tokens",
    ),
    "audio_input_tokens": (
        "gen_ai.usage.audio.input_tokens", "llm.token_count.prompt_details.audio",
        "gen_ai.usage.details.input_audio_tokens",
    ),
    "image_input_tokens": ("gen_ai.usage.image.input_tokens",),
    "reasoning_tokens": (
        "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens",
        "llm.usage.reasoning_tokens", "llm.token_count.completion_details.reasoning",
        "ai.usage.reasoningTokens", "ai.usage.outputTokenDetails.reasoningTokens",
        "gen_ai.usage.output_tokens.reasoning", "gen_ai.usage.details.reasoning_tokens",
    ),
    "audio_output_tokens": (
        "gen_ai.usage.audio.output_tokens", "llm.token_count.completion_details.audio",
        "gen_ai.usage.details.output_audio_tokens",
    ),
    "reported_cost": (
        "llm.cost.total", "gen_ai.usage.cost", "gen_ai.usage.total_cost", "gen_ai.cost.total_cost",
        "litellm.cost.total", "operation.cost",
    ),
    "service_tier": (
        "openai.response.service_tier", "gen_ai.openai.response.service_tier",
        "openai.request.service_tier", "gen_ai.openai.request.service_tier",
    ),
    "finish_reason": ("gen_ai.response.finish_reasons", "llm.finish_reason"),
    "first_chunk_s": ("gen_ai.response.time_to_first_chunk",),
    "first_chunk_ms": ("ai.response.msToFirstChunk", "ai.stream.msToFirstChunk"),
    "first_token": ("gen_ai.server.time_to_first_token",),
    "error_type": ("error.type",),
    "session_id": (
        "session.id", "gen_ai.conversation.id", "langfuse.session.id",
        "ai.telemetry.metadata.sessionId", "traceloop.association.properties.session_id",
    ),
    "user_id": (
        "user.id", "enduser.id", "langfuse.user.id", "ai.telemetry.metadata.userId",
        "traceloop.association.properties.user_id", "gen_ai.request.user", "llm.user",
    ),
    "assistant": ("gen_ai.agent.name", "agent.name", "gen_ai.workflow.name"),
    "assistant_version": ("gen_ai.agent.version",),
    "prompt_name": ("gen_ai.prompt.name", "prompt.id"),
    "prompt_version": ("gen_ai.prompt.version", "llm.prompt_template.version"),
    "tool": ("gen_ai.tool.name", "tool.name"),
    "tool_call": ("gen_ai.tool.call.id",),
    "data_source": ("gen_ai.data_source.id",),
    "top_k": ("gen_ai.retrieval.top_k",),
    "documents": ("gen_ai.retrieval.documents",),
    "retrieval_query": ("gen_ai.retrieval.query.text",),
    "input_messages": (
        "gen_ai.input.messages", "gen_ai.prompt", "ai.prompt.messages", "ai.prompt",
        "langfuse.observation.input",
    ),
    "output_messages": (
        "gen_ai.output.messages", "gen_ai.completion", "langfuse.observation.output",
    ),
    "input_value": ("input.value",),
    "input_form": ("input.mime_type",),
    "output_value": ("output.value", "ai.response.text"),
    "output_form": ("output.mime_type",),
    "evaluation.name": ("gen_ai.evaluation.name",),
    "evaluation.score": ("gen_ai.evaluation.score.value",),
    "evaluation.label": ("gen_ai.evaluation.score.label",),
    "evaluation.explanation": ("gen_ai.evaluation.explanation",),
}  # fmt: skip
# name -> (what we call it, how far from the first)
FIELDS = {name: (ours, rank) for ours, names in NAMES.items() for rank, name in enumerate(names)}

# Lists of objects that are flattened into `<list>.<index>.<noun>.<rest>`, most of them with the noun.
LISTS = re.compile(
    r"(llm\.input_messages|llm\.output_messages|gen_ai\.prompt|gen_ai\.completion"
    r"|retrieval\.documents|reranker\.input_documents|reranker\.output_documents"
    r"|embedding\.embeddings|llm\.tools|llm\.prompts|llm\.choices|llm\.request\.functions"
    r"|input\.images|output\.images|input\.documents|output\.documents"
    r"|(?:trace\.|session\.)?(?:evaluations|annotations))\.(\d{1,6})"
    r"\.(?:document\.|message\.|evaluation\.|annotation\.)?(.+)"
)

# What a span is. `turn`: a part of what the user saw; the others are what stands in the contract.
KINDS: dict[str, str | None] = {
    "LLM": "generation", "EMBEDDING": "embedding", "RERANKER": "rerank", "DECISION": "other",
    "RETRIEVER": "retrieval", "TOOL": "tool", "AGENT": "turn", "CHAIN": "turn",
    "GUARDRAIL": "guardrail", "EVALUATOR": "evaluation", "PROMPT": "none",
    "UNKNOWN": None,  # as if it said none: Phoenix writes it of spans of other conventions
}  # fmt: skip
OPERATIONS = {
    "chat": "generation", "generate_content": "generation", "text_completion": "generation",
    "completion": "generation", "embeddings": "embedding", "embedding": "embedding",
    "rerank": "rerank", "retrieval": "retrieval", "execute_tool": "tool", "tool": "tool",
    "invoke_agent": "turn", "invoke_workflow": "turn", "agent": "turn", "workflow": "turn",
    "task": "turn", "create_agent": "none",
}  # fmt: skip

# Events of a span whose attributes are the span's as well.
DETAILS = frozenset({
    "gen_ai.client.inference.operation.details", "gen_ai.content.prompt", "gen_ai.content.completion",
})  # fmt: skip
EVALUATED = "gen_ai.evaluation.result"
EXCEPTION = "exception"
FIRST_TOKEN = frozenset({"First Token Stream Event", "First Token Event"})
# Messages as events, before they became attributes.
MESSAGES = {
    "gen_ai.system.message": ("input", "system"), "gen_ai.user.message": ("input", "user"),
    "gen_ai.assistant.message": ("input", "assistant"), "gen_ai.tool.message": ("input", "tool"),
    "gen_ai.choice": ("output", "assistant"),
}  # fmt: skip
# Parts of messages that are words of whoever speaks: not what he thought, called, was shown or told.
SAID = (None, "text", "input_text", "output_text")
# Parts by name, so that a list of them is not taken for JSON that somebody typed.
PARTS = (
    *SAID, "image", "image_url", "input_image", "audio", "input_audio", "video", "file", "input_file",
    "document", "blob", "binary", "uri", "refusal", "thinking", "redacted_thinking", "reasoning",
    "tool_call", "tool_call_response", "tool_use", "tool_result", "server_tool_use",
)  # fmt: skip
# Of Bedrock, where a part has no kind and its only member tells it.
BLOCKS = frozenset({
    "text", "image", "document", "video", "toolUse", "toolResult", "reasoningContent", "guardContent",
    "citationsContent", "cachePoint",
})  # fmt: skip

# Providers by the names of the price book.
PROVIDERS = {
    "az.ai.openai": "azure", "azure.ai.openai": "azure", "az.ai.inference": "azure",
    "azure.ai.inference": "azure", "aws.bedrock": "aws", "gcp.gemini": "google",
    "gcp.vertex_ai": "google", "gcp.gen_ai": "google", "vertex_ai": "google", "vertexai": "google",
    "gemini": "google", "mistral_ai": "mistral", "mistralai": "mistral", "xai": "x-ai", "x_ai": "x-ai",
    "moonshot": "moonshotai", "azure-openai": "azure", "amazon-bedrock": "aws",
}  # fmt: skip
# The AI SDK names which of a provider's interfaces it spoke to.
INTERFACES = (".chat", ".responses", ".messages", ".completion", ".embedding")
TIERS = {
    "default": "standard", "standard": "standard", "on_demand": "standard", "auto": None,
    "batch": "batch", "flex": "flex", "priority": "priority", "scale": "priority",
}  # fmt: skip
CANCELLED = ("cancelled", "canceled", "cancellederror", "generatorexit", "aborterror")
VERDICTS = {
    "pass": "pass", "passed": "pass", "allow": "pass", "allowed": "pass", "safe": "pass", "ok": "pass",
    "fail": "flag", "failed": "flag", "flag": "flag", "flagged": "flag", "unsafe": "flag",
    "block": "block", "blocked": "block", "deny": "block", "denied": "block",
    "mask": "mask", "masked": "mask", "redacted": "mask",
}  # fmt: skip

# Of the resource: our envelope's names, and what is about the machine and goes no further.
RESOURCE = {
    "service.name": "project", "service.version": "release", "cloud.region": "region",
    "deployment.environment.name": "environment", "deployment.environment": "environment",
    "openinference.project.name": "project", "langfuse.environment": "environment",
    "langfuse.release": "release",
}  # fmt: skip
MACHINE = (
    "telemetry.", "host.", "process.", "os.", "container.", "k8s.", "cloud.", "service.", "faas.",
    "device.", "deployment.", "webengine.", "browser.", "aws.", "gcp.", "azure.",
)  # fmt: skip
# For what no convention has a word: `assay.surface`, `assay.feature`, `assay.workspace` and so on.
OURS = "assay."
