"""What a report consists of, before anybody decides how it looks. Words are final here: renderers add
none that have a number in them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from orchestration.reports.figures import Row

Verdict = Literal["met", "missed", "not judged"]


@dataclass(frozen=True)
class Headline:
    """A figure with what it is held against, as it is said."""

    label: str
    said: str
    change: str
    is_better: bool | None
    target: str = ""
    verdict: Verdict | None = None
    note: str = ""


@dataclass(frozen=True)
class Chart:
    """`kind` names a drawing in charts.py; `rows` are the cells, one row a day, the day first."""

    kind: str
    title: str
    says: str
    rows: Sequence[Row]
    target: float | None = None


@dataclass(frozen=True)
class Table:
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    says: str = ""
    if_empty: str = ""


@dataclass(frozen=True)
class Finding:
    title: str
    severity: str
    description: str
    recommendation: str
    evidence: str
    impact: str = ""


@dataclass(frozen=True)
class Section:
    title: str
    says: Sequence[str]
    parts: Sequence[Chart | Table | Finding] = ()


@dataclass
class Report:
    workspace: str
    title: str
    period: str
    before: str | None
    zone: str
    as_of: str
    summary: str
    headlines: Sequence[Headline]
    sections: Sequence[Section]
    notes: Sequence[str]
    facts: dict[str, Any] = field(default_factory=dict)  # the exact cells, for machines
