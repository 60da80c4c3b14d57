"""Langfuse's words, and ours for them."""

# Names of `usage_details`, of OpenAI, Anthropic, Google and LangChain as Langfuse writes them down.
METERS = {
    "input": "input_tokens", "input_tokens": "input_tokens", "prompt_tokens": "input_tokens",
    "output": "output_tokens", "output_tokens": "output_tokens", "completion_tokens": "output_tokens",
    "input_cached_tokens": "cache_read_tokens", "input_cached": "cache_read_tokens",
    "input_cache_read": "cache_read_tokens", "cache_read_input_tokens": "cache_read_tokens",
    "input_cached_content_token_count": "cache_read_tokens",
    "input_cache_creation": "cache_write_tokens", "cache_creation_input_tokens": "cache_write_tokens",
    "input_cache_creation_5m": "cache_write_tokens", "input_cache_write": "cache_write_tokens",
    "input_cache_creation_tokens": "cache_write_tokens",
    "input_ephemeral_5m_input_tokens": "cache_write_tokens",
    "input_cache_creation_1h": "cache_write_1h_tokens",
    "input_ephemeral_1h_input_tokens": "cache_write_1h_tokens",
    "input_flex_cache_read": "cache_read_tokens", "input_priority_cache_read": "cache_read_tokens",
    "input_audio_tokens": "audio_input_tokens", "input_audio": "audio_input_tokens",
    "input_image_tokens": "image_input_tokens", "input_image": "image_input_tokens",
    "output_reasoning_tokens": "reasoning_tokens", "output_reasoning": "reasoning_tokens",
    "reasoning_tokens": "reasoning_tokens", "thoughts_token_count": "reasoning_tokens",
    "output_audio_tokens": "audio_output_tokens", "output_audio": "audio_output_tokens",
}  # fmt: skip
# Of spans that Langfuse took in: what stands behind `gen_ai.usage.` or `llm.token_count.`. By their
# conventions the sides hold them; and several names may say one count.
OF_SPANS = {
    "cache_read.input_tokens": "cache_read_tokens", "input_tokens.cached": "cache_read_tokens",
    "prompt_details.cache_read": "cache_read_tokens", "prompt_details.cache_input": "cache_read_tokens",
    "details.cache_read_tokens": "cache_read_tokens",
    "details.cache_read_input_tokens": "cache_read_tokens",
    "cache_creation.input_tokens": "cache_write_tokens",
    "cache_write.input_tokens": "cache_write_tokens", "input_tokens.cache_write": "cache_write_tokens",
    "prompt_details.cache_write": "cache_write_tokens",
    "details.cache_write_tokens": "cache_write_tokens",
    "details.cache_creation_input_tokens": "cache_write_tokens",
    "cache_write_input_tokens": "cache_write_tokens",
    "prompt_details.audio": "audio_input_tokens", "audio.input_tokens": "audio_input_tokens",
    "image.input_tokens": "image_input_tokens",
    "reasoning.output_tokens": "reasoning_tokens", "output_tokens.reasoning": "reasoning_tokens",
    "completion_details.reasoning": "reasoning_tokens", "details.reasoning_tokens": "reasoning_tokens",
    "completion_details.audio": "audio_output_tokens", "audio.output_tokens": "audio_output_tokens",
}  # fmt: skip
# Google's tokens from a cache, by what they were: the SDK has taken them out of its input.
CACHED = "cached_modality_"
DETAILS = {
    "prompt_tokens_details": "input", "input_tokens_details": "input",
    "completion_tokens_details": "output", "output_tokens_details": "output",
}  # fmt: skip
TOTALS = ("total", "total_tokens")
WHOLES = {"input_tokens": "input", "output_tokens": "output"}
CALLS = {
    "GENERATION": "generation",
    "EMBEDDING": "embedding",
    "EVALUATOR": "judge",
    "GUARDRAIL": "judge",
}
# Environments that Langfuse fills by itself, and those of them in which a model judges.
LANGFUSES = ("langfuse", "sdk-experiment")
JUDGING = ("langfuse-llm-as-a-judge", "langfuse-evaluation", "langfuse-code-eval")
TURNS = ("SPAN", "AGENT", "CHAIN")
VERDICTS = {
    "pass": "pass", "passed": "pass", "true": "pass", "safe": "pass", "allow": "pass",
    "flag": "flag", "flagged": "flag", "block": "block", "blocked": "block", "fail": "block",
    "false": "block", "unsafe": "block", "deny": "block", "mask": "mask", "masked": "mask",
}  # fmt: skip
SIDES = {
    "cache_read_tokens": "input", "cache_write_tokens": "input", "cache_write_1h_tokens": "input",
    "audio_input_tokens": "input", "image_input_tokens": "input", "reasoning_tokens": "output",
    "audio_output_tokens": "output",
}  # fmt: skip

# Kept in `attributes` under their names.
KEPT = ("tags", "bookmarked", "trace_name", "parent_observation_id", "model_parameters", "version")
# Read by fields, or left out: prices, Langfuse's own accounts.
READ = frozenset({
    "id", "trace_id", "project_id", "environment", "type", "start_time", "end_time", "name",
    "metadata", "level", "status_message", "input", "output", "provided_model_name", "model",
    "internal_model", "internal_model_id", "model_id", "usage_details", "cost_details",
    "provided_usage_details", "provided_cost_details", "usage", "prompt_tokens",
    "completion_tokens", "total_tokens", "unit", "total_cost", "input_cost", "output_cost",
    "calculated_total_cost", "calculated_input_cost", "calculated_output_cost", "input_price",
    "output_price", "total_price", "completion_start_time", "latency", "time_to_first_token",
    "prompt_id", "prompt_name", "prompt_version", "user_id", "session_id", "release", "public",
    "timestamp", "created_at", "updated_at", "event_ts", "is_deleted", "external_id",
    "usage_pricing_tier_id", "usage_pricing_tier_name", "tool_definitions", "tool_calls",
    "tool_call_names", "total",
})  # fmt: skip
