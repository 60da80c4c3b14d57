"""Runs the suites with Great Expectations: in memory, over a read-only connection, for counts only."""

import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestration.errors import AssayError
from orchestration.expectations.suites import SUITES, Expectation, Suite
from orchestration.warehouse.connection import connect, database_url
from orchestration.warehouse.urls import sqlalchemy_url

# A day, and the time by which a nightly run may be late.
WINDOW = timedelta(hours=26)
_SETTINGS = ("default_transaction_read_only=on", "statement_timeout=120s", "timezone=UTC")
# BASIC counts; with 0 it keeps none of the values that it counted.
_COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}


@dataclass(frozen=True)
class Finding:
    """`evaluated` is None where there was nothing to look at in one go."""

    suite: Suite
    expectation: Expectation
    succeeded: bool
    evaluated: int | None
    unexpected: int | None
    since: datetime
    duration_ms: int


def run_suites(
    suites: Sequence[Suite] = SUITES,
    since: datetime | None = None,
    job_run_id: int | None = None,
    url: str | None = None,
) -> list[Finding]:
    """Looks at what has landed since then, and keeps what it found in ops.check_result."""
    url = url or database_url()
    since = since or datetime.now(UTC) - WINDOW
    with _source(url) as source:
        findings = [found for suite in suites for found in _run(source, suite, since)]
    _keep(findings, job_run_id, url)
    return findings


def failures(findings: Sequence[Finding]) -> list[str]:
    """A sentence for each finding that blocks."""
    return [
        f"{found.suite.name}: {found.expectation.name} does not hold "
        f"({found.unexpected} of {found.evaluated}). {found.expectation.why}"
        for found in findings
        if found.expectation.blocks and not found.succeeded
    ]


@contextmanager
def _source(url: str) -> Iterator[Any]:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    # It logs every metric it computes, and with them the query.
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    import great_expectations as gx  # takes seconds
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
    )

    # In memory, and without the folder for Data Docs: those would show values as live HTML.
    stores = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    context = gx.get_context(
        mode="ephemeral", project_config=DataContextConfig(store_backend_defaults=stores)
    )
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    source = context.data_sources.add_postgres(
        "warehouse",
        connection_string=sqlalchemy_url(
            url, settings=_SETTINGS, extra={"application_name": "assay check"}
        ),
        create_temp_table=False,
    )
    try:
        yield source
    finally:
        source.get_engine().dispose()


def _run(source: Any, suite: Suite, since: datetime) -> Iterator[Finding]:
    import great_expectations as gx
    from great_expectations import expectations

    started = time.monotonic()
    moment = f"timestamptz '{since.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f+00}'"
    query = suite.query.replace("{since}", moment)
    batch = source.add_query_asset(suite.name, query=query).add_batch_definition_whole_table("all")
    asked = [
        getattr(expectations, one.kind)(**one.arguments, meta={"position": position})
        for position, one in enumerate(suite.expectations)
    ]
    result = batch.get_batch().validate(
        gx.ExpectationSuite(suite.name, expectations=asked), result_format=_COUNTS_ONLY
    )
    for one in result.results:
        if one.exception_info.get("raised_exception") or any(
            isinstance(info, dict) and info.get("raised_exception")
            for info in one.exception_info.values()
        ):
            # Its message quotes the query and may quote values.
            raise AssayError(f"The suite {suite.name} could not be run: its query fails.")
        expectation = suite.expectations[one.expectation_config.meta["position"]]
        yield Finding(
            suite,
            expectation,
            bool(one.success),
            one.result.get("element_count"),
            one.result.get("unexpected_count"),
            since,
            int((time.monotonic() - started) * 1000),
        )


def _keep(findings: Sequence[Finding], job_run_id: int | None, url: str) -> None:
    with closing(connect(autocommit=True, application_name="assay check", url=url)) as session:
        session.cursor().executemany(
            "insert into ops.check_result"
            " (suite, expectation, since, succeeded, evaluated, unexpected, duration_ms, job_run_id)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    found.suite.name,
                    found.expectation.name,
                    found.since,
                    found.succeeded,
                    found.evaluated,
                    found.unexpected,
                    found.duration_ms,
                    job_run_id,
                )
                for found in findings
            ],
        )
