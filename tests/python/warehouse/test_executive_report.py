"""The executive report over marts that were filled by hand: what it says, and when it refuses to."""

import datetime as dt
import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from report_world import DAY, known_up_to, make_marts, price, put, put_days

from orchestration.cli import assay
from orchestration.errors import AssayError
from orchestration.jobs.periods import last_ended
from orchestration.reports.executive.compose import compose
from orchestration.reports.figures import Ledger
from orchestration.reports.rendering import FORMATS, render
from orchestration.reports.wording import Wording
from orchestration.reports.write import executive_of_all


@dataclass
class Marts:
    session: psycopg.Connection[Any]

    def write(self, form: str = "md", workspace: str = "a", **days: Any) -> str:
        ledger, words = Ledger(self.session, workspace), Wording()
        report = compose(ledger, words, days.get("first"), days.get("last"))
        ledger.require_unchanged()
        return render(report, form, words)


@pytest.fixture
def marts(
    database_url: str, manifest: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Marts]:
    monkeypatch.setenv("ASSAY_DATABASE_URL", database_url)
    with closing(psycopg.connect(database_url, autocommit=True)) as session:
        make_marts(session, manifest)
        yield Marts(session)


def tiles(text: str) -> dict[str, list[str]]:
    """Of the Markdown: the cells behind each label of the first table."""
    rows = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("| ")]
    return {label.strip(): [cell.strip() for cell in cells] for label, *cells in rows}


def test_the_figures_by_hand(marts: Marts) -> None:
    """28 days with 100 queries for 40 cents; the 28 before had the same queries for the same money."""
    put_days(marts.session, "a", 56)
    text = marts.write()
    found = tiles(text)
    assert found["Queries"][:2] == ["**2,800**", "+0.0 %"]
    assert found["Successful"][:4] == ["**96.0 %**", "+0.0 points", "above 95.0 %", "met"]
    assert found["Cost"][0] == "**$11.20**"
    assert found["Cost of a query"][:4] == ["**$0.00400**", "+0.0 %", "below $0.00500", "met"]
    assert found["Days that were fast"][:4] == [
        "**28 of 28**",
        "slowest day 1.50 s",
        "p95 below 3.00 s",
        "met",
    ]
    assert found["Resolved sessions"][0] == "**196**"
    assert found["Average rating"][:4] == ["**not judged**", "", "above 4.20", "not judged"]
    assert "29 March 2026 to 25 April 2026, days of Europe/Berlin, compared with" in text


def test_few_queries_are_not_judged(marts: Marts) -> None:
    """Prevents a report that says met where the mart does not judge: 19 of at least 20."""
    put_days(marts.session, "a", 1, queries=19, successes=19)
    assert tiles(marts.write(first=DAY))["Successful"][3] == "not judged"


def test_a_target_that_is_just_reached_is_missed(marts: Marts) -> None:
    """Prevents a report that contradicts the mart: 95 of 100 is not above 95 %."""
    put_days(marts.session, "a", 1, successes=95)
    assert tiles(marts.write(first=DAY))["Successful"][:4:3] == ["**95.0 %**", "missed"]


def test_return_and_findings_are_cells_of_their_marts(marts: Marts) -> None:
    put_days(marts.session, "a", 3)
    returns = {"hours_saved": 4, "labour_saved_usd": 500, "total_usd": 153900, "investment_usd": 43150}
    worth = {"net_usd": 110750, "roi_rate": 2.566, "payback_months": 3.4, "status": "judged"}
    put(marts.session, "roi", workspace="a", period="asked", **returns, **worth)
    put(marts.session, "roi", workspace="a", period="month", status="judged", total_usd=1)
    found = {
        "title": "Dear <b>",
        "description": "7 of 8.",
        "recommendation": "Look.",
        "severity": "high",
    }
    late = {"period_start": DAY + dt.timedelta(9), "period_end": DAY + dt.timedelta(10)}
    now = {"period_start": DAY, "period_end": DAY + dt.timedelta(2)}
    put(
        marts.session, "insights", workspace="a", evidence_mart="savings", subject="all", **found, **now
    )
    put(marts.session, "insights", workspace="a", evidence_mart="later", subject="all", **found, **late)
    text = marts.write(first=DAY)
    assert (
        "$153,900 came back for $43,150: $110,750 net, a return of 256.6 %, paid back in 3.4 months"
        in text
    )
    assert "Work saved, 4 hours | $500 |" in text
    assert "Dear \\<b\\> (high)" in text
    assert "Rests on marts.savings." in text
    assert "marts.later" not in text


def test_a_return_that_cannot_be_judged_says_why(marts: Marts) -> None:
    put_days(marts.session, "a", 3)
    put(marts.session, "roi", workspace="a", period="asked", status="parameters_missing")
    assert "Not judged: parameters missing." in marts.write(first=DAY)


def test_a_forecast_lacks_what_has_no_cost(marts: Marts) -> None:
    """Prevents $0 of calls that nobody priced; of some that nobody did, it says how many."""
    put_days(marts.session, "a", 3)
    put_days(marts.session, "b", 3)
    put(marts.session, "cost_forecast", workspace="a", is_newest=True, month=DAY, unpriced_calls=30)
    told = {"forecast_usd": 31, "low_usd": 28, "high_usd": 40, "is_calibrated": True}
    put(
        marts.session,
        "cost_forecast",
        workspace="b",
        is_newest=True,
        month=DAY,
        unpriced_calls=2,
        **told,
    )
    assert "No call of the last four weeks has a cost" in marts.write(first=DAY)
    assert "and $40.00, and 2 calls of four weeks have no cost." in marts.write(
        first=DAY, workspace="b"
    )


def test_half_a_period_before_is_nothing_to_compare_with(marts: Marts) -> None:
    """Prevents growth by a thousand percent because logging had just begun."""
    put_days(marts.session, "a", 30)
    text = marts.write()
    assert tiles(text)["Queries"][:2] == ["**2,800**", ""]
    assert "compared with" not in text
    assert "do not reach back" in text


def test_a_cell_that_changes_is_a_report_that_is_refused(marts: Marts) -> None:
    put_days(marts.session, "a", 3)
    ledger, words = Ledger(marts.session, "a"), Wording()
    compose(ledger, words, DAY, None)
    ledger.require_unchanged()
    marts.session.execute(
        "update marts.spend_overview set cost_usd = cost_usd + 1e-9 where day = %s", [DAY]
    )
    with pytest.raises(
        AssayError, match=r"1\.2\d* where marts\.spend_overview holds 1\.200000001: sum\(cost_usd\)"
    ):
        ledger.require_unchanged()


def test_a_row_that_vanishes_is_noticed(marts: Marts) -> None:
    put_days(marts.session, "a", 3)
    ledger = Ledger(marts.session, "a")
    compose(ledger, Wording(), DAY, None)
    marts.session.execute("delete from marts.model_usage")
    with pytest.raises(AssayError, match=r"1 rows of marts\.model_usage, which has 0"):
        ledger.require_unchanged()


@pytest.mark.parametrize(
    "days",
    [
        {"first": dt.date(1, 1, 1), "last": DAY},
        {"last": dt.date(1, 1, 5)},
        {"first": dt.date(9999, 12, 31), "last": dt.date(9999, 12, 31)},
        {"first": dt.date(1, 1, 1), "last": dt.date(9999, 12, 31)},
    ],
)
def test_days_at_the_ends_of_the_calendar_are_days(marts: Marts, days: dict[str, Any]) -> None:
    put_days(marts.session, "a", 3)
    assert "# Executive report" in marts.write(**days)


@pytest.mark.parametrize("form", ["md", "html", "json"])
def test_a_number_that_no_mart_holds_is_not_sent(marts: Marts, form: str) -> None:
    """Row 30 of the acceptance list: whoever writes the words, also a model."""
    put_days(marts.session, "a", 3)
    ledger, words = Ledger(marts.session, "a"), Wording()
    report = compose(ledger, words, DAY, None)
    render(report, form, words)
    report.summary += " Savings of 4711 dollars."
    with pytest.raises(AssayError, match="no mart holds the numbers 4711"):
        render(report, form, words)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]


EVIL = '<script>alert(1)</script>|[x](http://evil.example) "><img src=x onerror=alert(1)>'


def test_names_from_logs_are_inert(marts: Marts) -> None:
    """Row 28: HTML, a script, a table or a link in what somebody logged as a model's name."""
    put_days(marts.session, "a", 3)
    named = {"provider": "p", "model": EVIL, "queries": 1, "successes": 1, "cancelled": 0}
    put(marts.session, "model_usage", day=DAY, workspace="a", **named)
    page = _Page()
    html = marts.write("html", first=DAY)
    page.feed(html)
    assert "script" not in page.tags
    assert all(link.startswith("data:image/svg+xml;base64,") for link in page.links)
    assert len(page.links) == 3
    text = marts.write("md", first=DAY)
    (row,) = [line for line in text.splitlines() if "script" in line]
    assert len(re.findall(r"(?<!\\)\|", row)) == 7
    assert not re.search(r"(?<!\\)[<\[]", row)


def test_another_workspace_is_not_in_it(marts: Marts) -> None:
    put_days(marts.session, "a", 3)
    put_days(marts.session, "b", 3, queries=5000)
    assert tiles(marts.write(first=DAY))["Queries"][0] == "**300**"


def test_days_that_still_run_are_said(marts: Marts) -> None:
    put_days(marts.session, "a", 2)
    known_up_to(marts.session, dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC))
    text = marts.write(first=DAY, last=DAY + dt.timedelta(1))
    assert "1 of the days was not over yet" in text


def test_a_period_that_still_runs_is_compared_with_nothing(marts: Marts) -> None:
    """Prevents queries that fall by two thirds because of the days that lie ahead."""
    put_days(marts.session, "a", 41)
    known_up_to(marts.session, dt.datetime(2026, 4, 10, 12, tzinfo=dt.UTC))
    text = marts.write(first=dt.date(2026, 4, 1), last=dt.date(2026, 4, 30))
    assert tiles(text)["Queries"][:2] == ["**1,000**", ""]
    assert "compared with" not in text
    assert "The period was not over yet, so nothing is compared." in text
    assert "21 of the days were not over yet" in text


def test_a_day_is_over_where_midnight_has_passed(marts: Marts) -> None:
    """22:00 UTC is midnight in Berlin. A day on which nobody asked anything is over as well."""
    put_days(marts.session, "a", 55)
    asked: dict[str, Any] = {"first": dt.date(2026, 3, 30), "last": dt.date(2026, 4, 26)}
    known_up_to(marts.session, dt.datetime(2026, 4, 26, 21, 30, tzinfo=dt.UTC))
    assert "1 of the days was not over yet" in marts.write(**asked)
    known_up_to(marts.session, dt.datetime(2026, 4, 26, 22, 30, tzinfo=dt.UTC))
    text = marts.write(**asked)
    assert "not over yet" not in text
    assert "compared with" in text


def test_ratings_are_of_weeks_that_lie_in_the_period(marts: Marts) -> None:
    """March 2026 begins on a Sunday and ends on a Tuesday: two weeks have days of other months."""
    put_days(marts.session, "a", 56)
    for week, stars in (("02-23", 1), ("03-02", 5), ("03-23", 4), ("03-30", 1)):
        said = {"surface": "chat", "ratings": 10, "average_rating": stars}
        put(marts.session, "feedback_analysis", week=f"2026-{week}", workspace="a", **said)
    rated = tiles(marts.write(first=DAY, last=dt.date(2026, 3, 31)))["Average rating"]
    assert (rated[0], rated[4]) == ("**4.50**", "of 20 ratings, in the whole weeks of the period")
    to_sunday = tiles(marts.write(first=dt.date(2026, 3, 24), last=dt.date(2026, 4, 5)))
    assert to_sunday["Average rating"][0] == "**1.00**"
    without = tiles(marts.write(first=dt.date(2026, 3, 3), last=dt.date(2026, 3, 14)))
    assert without["Average rating"][::4] == ["**not judged**", "no whole week in the period"]


def test_a_period_without_data(marts: Marts) -> None:
    put_days(marts.session, "a", 3)
    for form in FORMATS:
        text = marts.write(form, first=dt.date(2025, 1, 1), last=dt.date(2025, 1, 31))
        assert "Nobody asked anything in this period." in text


def test_calls_without_a_price_leave_the_cost_unjudged(marts: Marts) -> None:
    """Prevents a target that is met because half of the cost is missing."""
    put_days(marts.session, "a", 3)
    marts.session.execute("update marts.spend_overview set unpriced_calls = 1")
    found = tiles(marts.write(first=DAY))
    assert found["Cost of a query"][3] == "not judged"
    assert found["Cost"][4] == "3 calls have no price"
    marts.session.execute(
        "update marts.spend_overview set unpriced_calls = 0"
        " where day > (select min(day) from marts.spend_overview)"
    )
    text = marts.write(first=DAY)
    assert tiles(text)["Cost"][4] == "1 call has no price"
    assert " without 1 call that has no price." in text


def test_a_period_to_come_is_not_one_without_questions(marts: Marts) -> None:
    put_days(marts.session, "a", 3)
    year = dt.datetime.now(dt.UTC).year + 1
    text = marts.write(first=dt.date(year, 1, 2), last=dt.date(year, 1, 31))
    assert "This period has not begun." in text


@pytest.mark.parametrize(
    ("now", "then", "note"),
    [
        (1400, 0, "1,400 calls have no price"),
        (0, 2520, "2,520 calls of the period before have no price"),
        (28, 56, "28 calls have no price, and 56 of the period before"),
    ],
)
def test_money_is_compared_where_all_of_it_is_known(
    marts: Marts, now: int, then: int, note: str
) -> None:
    """Prevents a cost that falls, in green, because nobody could price half of the calls."""
    put_days(marts.session, "a", 56)
    price(marts.session, range(28), "1", then // 28)
    price(marts.session, range(28, 56), "0.6", now // 28)
    text = marts.write()
    for tile in ("Cost", "Cost of a query"):
        assert tiles(text)[tile][1::3] == ["", note]
    assert "queries +0.0 %, success +0.0 points." in text
    assert not re.search('class="(better|worse)"', marts.write("html"))


def test_a_cost_that_is_not_known_is_not_said(marts: Marts) -> None:
    put_days(marts.session, "a", 56)
    price(marts.session, range(28), None, 100)
    assert "successful, for $11.20. Against" in marts.write()
    price(marts.session, range(28, 56), "0.2", 50)
    assert "successful, for $5.60 without 1,400 calls that have no price." in marts.write()
    price(marts.session, range(28, 56), None, 100)
    assert "96.0 % of them successful. Against" in marts.write()


def test_a_return_says_which_calls_it_lacks(marts: Marts) -> None:
    put_days(marts.session, "a", 3)
    worth = {"total_usd": 356, "investment_usd": 100, "net_usd": 256, "roi_rate": 2.56}
    put(
        marts.session,
        "roi",
        workspace="a",
        period="asked",
        status="judged",
        unpriced_calls=1400,
        **worth,
    )
    assert "a return of 256.0 %, and 1,400 calls have no cost." in marts.write(first=DAY)


def test_json_holds_the_exact_cells(marts: Marts) -> None:
    put_days(marts.session, "a", 3)
    facts = json.loads(marts.write("json", first=DAY))["facts"]
    assert (facts["now"]["queries"], facts["now"]["cost_usd"]) == (300, 1.2)


@pytest.mark.usefixtures("marts")
def test_a_workspace_that_nobody_has_is_a_sentence() -> None:
    ran = CliRunner().invoke(assay, ["report", "executive", "--workspace", "nobody"])
    assert isinstance(ran.exception, AssayError)
    assert "workspace nobody has no complete day" in str(ran.exception)


def test_the_command_writes_a_file(marts: Marts, tmp_path: Path) -> None:
    put_days(marts.session, "a", 3)
    out = tmp_path / "report.html"
    arguments = ["report", "executive", "--workspace", "a", "--from", f"{DAY}", "--format", "html"]
    ran = CliRunner().invoke(assay, [*arguments, "--out", str(out)])
    assert ran.exit_code == 0, ran.output
    assert "<!doctype html>" in out.read_text()


def test_a_page_for_every_workspace_and_none_outside(marts: Marts, tmp_path: Path) -> None:
    """Prevents a workspace called ../x from choosing where its page is written."""
    for workspace in ("a", "../../x", ".. x"):
        put_days(marts.session, workspace, 31)
    march = last_ended("monthly", dt.datetime(2026, 4, 1, tzinfo=dt.UTC))
    assert executive_of_all(march, tmp_path / "pages") == 3
    pages = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parent for path in pages} == {Path("pages/2026-03")}
    assert len(pages) == 3
    february = last_ended("monthly", march.start)
    assert executive_of_all(february, tmp_path / "pages") == 0
