"""The suites of Great Expectations as asset checks. Those that block stop what a run would build upon:
scoring and reports. Marts are gated by delta checks, in the refresh.
"""

from collections.abc import Iterator

import dagster as dg

from orchestration.defs.jobs.recorded import recorded, refuse
from orchestration.defs.landing.assets import KEYS
from orchestration.expectations.suites import SUITES, Expectation, Suite


def _key(suite: Suite) -> dg.AssetKey:
    source, table = suite.table
    return next(key for key in KEYS[source] if key.path[-1] == table)


def _spec(suite: Suite, expectation: Expectation) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        name=f"{suite.name}_{expectation.name}",
        asset=_key(suite),
        blocking=expectation.blocks,
        description=expectation.why,
        metadata={"suite": suite.name, "tool": "Great Expectations"},
    )


SPECS = [_spec(suite, one) for suite in SUITES for one in suite.expectations]


@dg.multi_asset_check(name="landed_checks", specs=SPECS)
def landed_checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    from orchestration.expectations.run import failures, run_suites

    with recorded(context, "check") as mine:
        findings = run_suites(job_run_id=mine.job_run_id if mine else None)
        if mine is not None:
            mine.rows = len(findings)
    if sentences := failures(findings):
        # The step that would record it is skipped.
        refuse(context, "score", sentences)
    for found in findings:
        yield dg.AssetCheckResult(
            check_name=f"{found.suite.name}_{found.expectation.name}",
            asset_key=_key(found.suite),
            passed=found.succeeded,
            severity=dg.AssetCheckSeverity.ERROR
            if found.expectation.blocks
            else dg.AssetCheckSeverity.WARN,
            metadata={
                "evaluated": found.evaluated or 0,
                "unexpected": found.unexpected or 0,
                "landed_since": dg.MetadataValue.timestamp(found.since),
                "ms": found.duration_ms,
            },
        )
    for sentence in sentences:
        context.log.warning(sentence)
