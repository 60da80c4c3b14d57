"""The seed `source_limits` says the truth: what it denies a source, no reader says of it."""

import csv
from collections.abc import Iterator
from typing import Any

import test_langfuse
from test_hostile_records import RECORDS

from orchestration.landing.contract import KINDS, RetrievedDocument
from orchestration.settings import PROJECT_DIR

with (PROJECT_DIR / "seeds" / "source_limits.csv").open(newline="") as file:
    LIMITS = [(row["source"], row["log"], row["field"]) for row in csv.DictReader(file)]
SPANS = ("otel", "openinference")  # what else they say, an attribute `assay.` may say as well


def said() -> Iterator[tuple[str, str, set[str]]]:
    """Source, kind and fields of every line that the readers' example records become."""
    lines: list[dict[str, Any]] = [line for source, one in RECORDS for line in source.lines(one) or []]
    lines += test_langfuse.from_sdk(test_langfuse.span())
    for line in lines:
        passages = [name for one in line.get("documents") or [] for name in one]
        yield line["source"], line["kind"], {*line, *passages}


def test_no_reader_says_what_its_source_cannot_say() -> None:
    """A reader that learned a field left marts that call it unsaid."""
    found = list(said())
    assert {source for source, _, _ in found} >= {source for source, _, _ in LIMITS} - set(SPANS)
    for source, log, field in LIMITS:
        broken = [one for one in found if one[:2] == (source, log) and (not field or field in one[2])]
        assert broken == [], (source, log, field)


def test_limits_and_needs_name_what_the_contract_has() -> None:
    with (PROJECT_DIR / "seeds" / "metric_needs.csv").open(newline="") as needs:
        needed = [("", row["log"], row["field"]) for row in csv.DictReader(needs)]
    documents: Any = RetrievedDocument
    for _, log, field in [*LIMITS, *needed]:
        known = {*KINDS[log].__struct_fields__}
        known |= {*documents.__struct_fields__} if log == "retrieval" else set()
        assert not field or field in known, (log, field)
