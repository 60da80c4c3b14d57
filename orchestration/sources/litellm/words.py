"""LiteLLM's words, and ours for them."""

from typing import Any

# What a call is, by LiteLLM's name for it without the `a` of asynchronous ones. No entry: a turn.
CALL_TYPES = {
    "embedding": "embedding", "rerank": "rerank", "moderation": "other", "search": "tool",
    "call_mcp_tool": "tool",
    "vector_store_search": "other", "transcription": "other", "speech": "other",
}  # fmt: skip
AWAITED = (
    *CALL_TYPES,
    "completion", "text_completion", "responses", "image_generation", "image_edit",
    "anthropic_messages", "generate_content",
)  # fmt: skip
TOOL_CALLS = ("call_mcp_tool", "list_mcp_tools")
# The team of the proxy's own health checks: they are paid for, and no user's.
HEALTH_CHECKS = "litellm-internal-health-check"
# Nothing that a user asked, nothing that is billed by itself: files, batches, threads, assistants.
HOUSEKEEPING = ("batch", "file", "assistant", "thread", "fine_tuning", "vector_store", "get_messages",
                 "add_message", "video_", "container", "skill", "list_input_items")  # fmt: skip
# The user of the proxy's master key: whoever sends with it, and so nobody in particular.
MASTER = "default_user_id"
TIERS = {"default": "standard", "standard": "standard", "flex": "flex", "priority": "priority",
          "batch": "batch"}  # fmt: skip
VERDICTS = {
    "success": "pass", "guardrail_flagged": "flag", "flagged": "flag", "guardrail_intervened": "block",
    "blocked": "block", "guardrail_failed_to_respond": "error", "failure": "error",
}  # fmt: skip
TRUTHS = {"true": True, "false": False}  # the table has them as text
STATUSES = {"success": "ok", "failure": "error"}
STAGES = {"pre_call": "input", "during_call": "input", "post_call": "output", "pre_mcp_call": "tool",
           "logging_only": "output"}  # fmt: skip


# Kept in `attributes` under their names; of `metadata`, what stands for the key, the team, the client.
KEPT = (
    "request_tags", "model_id", "litellm_call_id", "saved_cache_cost", "autorouter_savings", "stream",
    "agent_id", "billing_agent_id", "mcp_namespaced_tool_name", "request_model_access_groups",
)  # fmt: skip
KEPT_METADATA = (
    "user_api_key_alias", "user_api_key_team_alias", "user_api_key_org_id",
    "user_api_key_project_alias", "applied_guardrails", "attempted_retries", "attempted_fallbacks",
    "original_model_group",
)  # fmt: skip
OWN_METADATA = ("spend_logs_metadata", "requester_metadata")  # whatever a client put there
# Read by fields, or left out: secrets, addresses, texts, prices, LiteLLM's own accounts.
READ = frozenset({
    "id", "request_id", "trace_id", "session_id", "call_type", "response_cost", "spend",
    "cost_breakdown", "status", "status_fields", "custom_llm_provider", "total_tokens",
    "prompt_tokens", "completion_tokens", "startTime", "endTime", "completionStartTime",
    "response_time", "request_duration_ms", "model", "model_group", "metadata", "cache_hit",
    "end_user", "user", "team_id", "messages", "response", "error_str", "error_information",
    "model_parameters", "hidden_params", "guardrail_information", "model_map_information",
    "api_key", "api_base", "cache_key", "organization_id", "requester_ip_address", "user_agent",
    "proxy_server_request", "created_at", "updated_at", "response_cost_failure_debug_info",
    "zero_cost_diagnostic", "autorouter_savings_estimate", "autorouter_baseline_observation",
    "standard_built_in_tools_params",
})  # fmt: skip


def call_type(value: Any) -> str:
    """Without the `a` that says that somebody awaited it."""
    name = str(value or "").removeprefix("CallTypes.")
    plain = name.removeprefix("a")
    return plain if plain in AWAITED else name
