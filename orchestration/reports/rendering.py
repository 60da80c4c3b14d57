"""The same report as Markdown, JSON and one HTML file that needs nothing else."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from orchestration.reports import charts
from orchestration.reports.document import Chart, Finding, Report, Table
from orchestration.reports.markdown import inert
from orchestration.reports.wording import Wording


def render(report: Report, form: str, words: Wording) -> str:
    """Refuses a text with a number that nobody read from a mart."""
    text = FORMATS[form](report)
    words.require_said(_SHOWN[form](report, text))
    return text


def _json(report: Report) -> str:
    return json.dumps(asdict(report), default=_plain, indent=2) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _markdown(report: Report) -> str:
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# {report.title}: {inert(report.workspace)}"
    yield ""
    compared = f", compared with {report.before}" if report.before else ""
    yield f"{report.period}, days of {report.zone}{compared}. Known up to {report.as_of}."
    yield f"\n{report.summary}"
    yield "\n| | | change | target | | |\n|---|---|---|---|---|---|"
    for one in report.headlines:
        held = [one.label, f"**{one.said}**", one.change, one.target, one.verdict or "", one.note]
        yield f"| {' | '.join(held)} |"
    for section in report.sections:
        yield f"\n## {section.title}"
        for sentence in section.says:
            yield f"\n{sentence}"
        for part in section.parts:
            yield from _PARTS[type(part)](part)
    yield "\n---\n"
    yield from (f"- {note}" for note in report.notes)


def _chart_in_words(chart: Chart) -> Iterator[str]:
    yield f"\n### {chart.title}\n"
    yield chart.says


def _table(table: Table) -> Iterator[str]:
    if table.title:
        yield f"\n### {table.title}"
    if not table.rows:
        yield f"\n{table.if_empty}"
        return
    yield f"\n| {' | '.join(table.columns)} |"
    yield "|" + "---|" * len(table.columns)
    for row in table.rows:
        yield f"| {' | '.join(map(inert, row))} |"
    if table.says:
        yield f"\n{table.says}"


def _finding(finding: Finding) -> Iterator[str]:
    impact = f" Worth {inert(finding.impact)}." if finding.impact else ""
    yield f"\n### {inert(finding.title)} ({finding.severity})\n"
    yield f"{inert(finding.description)} {inert(finding.recommendation)}{impact}"
    yield f"Rests on {inert(finding.evidence)}."


_PARTS: dict[type, Callable[[Any], Iterator[str]]] = {
    Chart: _chart_in_words,
    Table: _table,
    Finding: _finding,
}


def _html(report: Report) -> str:
    return str(_template().render(report=report, drawn=lambda chart: _drawn(chart, report.zone)))


def _drawn(chart: Chart, zone: str) -> str:
    """As an image: what is in it can neither run nor style the page around it."""
    return "data:image/svg+xml;base64," + base64.b64encode(charts.svg(chart, zone).encode()).decode()


@cache
def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent / "executive")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    return environment.get_template("page.html.j2")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._in_style = tag == "style"

    def handle_data(self, data: str) -> None:
        if not self._in_style:
            self.words.append(data)


def _visible(html: str) -> str:
    reader = _Text()
    reader.feed(html)
    return " ".join(reader.words)


def _strings(part: Any) -> Iterator[str]:
    """What is said; the numbers beside it are cells, asked for twice."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        yield from _strings(list(part.values()))
    elif isinstance(part, list | tuple):
        for one in part:
            yield from _strings(one)


# Where a reader may meet a number in words.
_SHOWN: dict[str, Callable[[Report, str], str]] = {
    "md": lambda _, text: text,
    "json": lambda report, _: "\n".join(_strings(asdict(replace(report, facts={})))),
    "html": lambda _, text: _visible(text),
}
FORMATS: dict[str, Callable[[Report], str]] = {"md": _markdown, "json": _json, "html": _html}
