"""LiteLLM: its standard logging payload as files, and rows of `LiteLLM_SpendLogs`.

One call through LiteLLM is one query, and one billable call unless a cache answered. Its `trace_id` is
no turn: a session's id stands there as well. Names are those of litellm 1.40 to 1.106
(`litellm/types/utils.py`, `litellm/proxy/schema.prisma`); a reader's page is `docs/sources/litellm.md`.
"""

from collections.abc import Mapping
from typing import Any

from orchestration.sources.arrays import split_values, tells_within
from orchestration.sources.database import Database, Log
from orchestration.sources.litellm.calls import Call
from orchestration.sources.litellm.said import NAME
from orchestration.sources.source import Line, Source, has_keys


def lines(record: Any) -> list[Line] | None:
    if isinstance(record, Mapping) and isinstance(record.get("standard_logging_object"), Mapping):
        record = record["standard_logging_object"]
    if not isinstance(record, Mapping) or "call_type" not in record or "startTime" not in record:
        return None
    return list(Call(record).lines())


LITELLM = Source(
    NAME,
    tells_within(has_keys("call_type", "startTime", "custom_llm_provider")),
    lines,
    records=split_values,
    keeps=True,
)

# Rows are written once, a while after they began: in batches, and when the call is over.
_SPEND = Log(
    name="spend",
    needs='"LiteLLM_SpendLogs"',
    select="""select row_to_json(logs) as said, logs."startTime" as moment
              from "LiteLLM_SpendLogs" as logs""",
    texts=("messages", "response", "proxy_server_request"),
)
TABLES = Database(LITELLM, (_SPEND,))
