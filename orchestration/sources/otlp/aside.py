"""Names of what no field takes, and which of their strings may stay beside it.

Nothing but its name tells that a string is no text and nobody's id: so strings stay under the names of
`KEPT` alone. Of all others, known or not, the length stays; of numbers, those that are about nobody.
"""

# What instrumentations make up themselves: kinds, versions, settings, names of parts of a program.
KEPT = frozenset({
    "gen_ai.agent.description", "gen_ai.agent.id", "gen_ai.embeddings.dimension.count",
    "gen_ai.openai.request.response_format", "gen_ai.openai.request.seed",
    "gen_ai.openai.response.system_fingerprint", "gen_ai.output.type", "gen_ai.request.choice.count",
    "gen_ai.request.encoding_formats", "gen_ai.request.frequency_penalty", "gen_ai.request.max_tokens",
    "gen_ai.request.presence_penalty", "gen_ai.request.seed", "gen_ai.request.stop_sequences",
    "gen_ai.request.stream", "gen_ai.request.temperature", "gen_ai.request.top_k",
    "gen_ai.request.top_p", "gen_ai.response.id", "gen_ai.token.type",
    "gen_ai.tool.type", "llm.token_count.total", "llm.usage.total_tokens", "llm.is_streaming",
    "tag.tags", "graph.node.id", "graph.node.name",
    "graph.node.parent_id", "prompt.vendor", "prompt.url", "tool.id", "reranker.top_k",
    "decision.system", "openai.api.type", "openai.response.system_fingerprint", "operation.name",
    "resource.name", "gen_ai.usage.total_tokens",
    "server.address", "server.port", "network.protocol.name", "network.protocol.version",
    "network.transport", "network.type", "http.method", "http.status_code", "http.request.method",
    "http.response.status_code", "http.route", "http.scheme", "url.scheme", "rpc.system", "rpc.service",
    "rpc.method", "db.system", "db.system.name", "db.operation", "db.operation.name", "db.name",
    "db.namespace", "db.collection.name", "code.function", "code.function.name", "code.namespace",
    "thread.name", "otel.scope.name", "otel.scope.version",
    "otel.library.name", "otel.library.version", "otel.status_code", "aws.bedrock.guardrail.id",
    "aws.bedrock.knowledge_base.id", "azure.resource_provider.namespace", "mcp.method.name",
    "mcp.protocol.version", "mcp.session.id", "jsonrpc.protocol.version",
    "ai.operationId", "ai.model.id", "ai.model.provider", "ai.settings.mode", "ai.settings.output",
    "ai.telemetry.functionId", "ai.response.id", "ai.response.model", "ai.response.finishReason",
    "ai.response.timestamp", "ai.finishReason", "ai.toolCall.id", "ai.toolCall.name",
    "traceloop.workflow.name", "traceloop.entity.name", "traceloop.entity.path",
    "traceloop.entity.version", "traceloop.prompt.key", "traceloop.prompt.version",
    "traceloop.prompt.version_name", "traceloop.prompt.version_hash",
    "langfuse.environment", "langfuse.release", "langfuse.version", "langfuse.observation.level",
})  # fmt: skip
# Known, so no drift; a text, or whatever its writer put there.
LENGTHS = frozenset({
    "gen_ai.system_instructions", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result",
    "gen_ai.tool.definitions", "gen_ai.tool.description", "llm.invocation_parameters",
    "llm.prompt_template.template", "llm.prompt_template.variables", "llm.function_call",
    "tool.description", "tool.parameters", "tool.json_schema", "reranker.query", "metadata",
    "embedding.invocation_parameters", "final_result", "tool_arguments", "tool_response",
    "all_messages_events", "pydantic_ai.all_messages", "model_request_parameters",
})  # fmt: skip
# The machinery around a call; and what a framework says of it, in whatever words.
GENERAL = (
    "server.", "client.", "network.", "http.", "url.", "rpc.", "db.", "code.", "thread.", "peer.",
    "error.", "exception.", "otel.", "llm.cost.", "azure.", "aws.", "gcp.", "mcp.", "jsonrpc.", "ai.",
    "traceloop.", "langfuse.", "user.", "enduser.", "gen_ai.cost.", "gen_ai.usage.text.",
    "gen_ai.usage.image.", "gen_ai.usage.audio.",
)  # fmt: skip
