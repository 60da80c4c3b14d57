"""The suites. Only what nothing else asserts: keys, types, ranges, accepted values are constraints or
dbt tests already, and unbelievable costs and durations hold their batch by a delta check.

A query returns counts, lengths and flags, never what somebody wrote.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Expectation:
    """`kind` is the name of a class in great_expectations.expectations. One that does not block what
    Dagster would run on top is a flag."""

    name: str
    kind: str
    arguments: Mapping[str, Any]
    why: str
    blocks: bool = True


@dataclass(frozen=True)
class Suite:
    """`table` is the dbt source that shows the result; `{since}` in the query is the beginning of the
    window, a moment of the server's clock."""

    name: str
    table: tuple[str, str]
    query: str
    expectations: Sequence[Expectation] = field(default_factory=tuple)


# Nothing has landed since: nothing is equal or greater than null.
_NEW = "batch_id >= (select min(batch_id) from landing.batch where landed_at >= {since})"

# What the warehouse lands of its own is never refused: among its scores, several a query, a producer's
# broken lines would be few. Replayed lines were delivered, and counted, before.
_DELIVERED = "reader not in ('score', 'prices', 'replay')"

LEDGER = Suite(
    "ledger",
    ("landing", "batch"),
    f"""select 1.0 * sum(quarantined) / nullif(sum(lines), 0) as refused_share,
           1.0 * sum(conflict) / nullif(sum(lines), 0) as conflict_share
       from landing.batch where landed_at >= {{since}} and {_DELIVERED}""",
    (
        Expectation(
            "few_lines_are_refused", "ExpectColumnValuesToBeBetween",
            {"column": "refused_share", "max_value": 0.1},
            "Above a tenth, a producer has changed its format, and scores would be of a selection.",
        ),
        Expectation(
            "few_lines_conflict", "ExpectColumnValuesToBeBetween",
            {"column": "conflict_share", "max_value": 0.05},
            "Conflicts in numbers mean that a producer uses its ids again: rows are missing.",
        ),
    ),
)  # fmt: skip

BATCHES = Suite(
    "batches",
    ("landing", "batch"),
    "select quarantined from landing.batch where landed_at >= {since}",
    (
        Expectation(
            "nothing_is_refused", "ExpectColumnValuesToBeBetween",
            {"column": "quarantined", "max_value": 0},
            "Somebody should look at every refused line: `assay quarantine list`.",
            blocks=False,
        ),
    ),
)  # fmt: skip

DRIFT = Suite(
    "drift",
    ("landing", "batch"),
    """select count(drift.batch_id) as unknown_fields
       from landing.batch left join landing.drift using (batch_id) where landed_at >= {since}""",
    (
        Expectation(
            "no_unknown_fields", "ExpectColumnValuesToBeBetween",
            {"column": "unknown_fields", "max_value": 0},
            "A field that the contract does not know is used by nothing: `landing.drift` names it.",
            blocks=False,
        ),
    ),
)  # fmt: skip

TEXTS = Suite(
    "texts",
    ("raw", "query_log"),
    f"""select octet_length(trim(text.body)) as bytes, (query_log.event_key is not null)::int as queries
        from (select * from vault.text where {_NEW} and field = 'response_text') as text
        left join (select event_key, ts from raw.query_log where {_NEW}) as query_log
            on text.event_key = query_log.event_key and text.ts = query_log.ts""",
    (
        Expectation(
            "answers_are_not_empty", "ExpectColumnValuesToBeBetween",
            {"column": "bytes", "min_value": 1, "mostly": 0.95},
            "A scorer would judge silence.",
        ),
        Expectation(
            "every_answer_has_its_query", "ExpectColumnValuesToBeBetween",
            {"column": "queries", "min_value": 1},
            "A text without its row can be scored and never be counted; nor would an erasure find it.",
        ),
    ),
)  # fmt: skip

EVALUATIONS = Suite(
    "evaluations",
    ("raw", "evaluation_log"),
    f"""select (select count(*) from jsonb_object_keys(metrics)) as metrics
        from raw.evaluation_log where {_NEW} and label is null""",
    (
        Expectation(
            "every_score_has_a_number", "ExpectColumnValuesToBeBetween",
            {"column": "metrics", "min_value": 1},
            "A score without a metric and without a label counts as scored and says nothing.",
        ),
    ),
)  # fmt: skip

SUITES: tuple[Suite, ...] = (LEDGER, BATCHES, DRIFT, TEXTS, EVALUATIONS)
