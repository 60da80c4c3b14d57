"""Prices against the simulator's truth, the package's own arithmetic, and cuts worked out by hand."""

import csv
import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from engine_world import cost, query
from landing_world import World
from msgspec.structs import fields

from orchestration.errors import AssayError
from orchestration.landing.contract import Cost
from orchestration.prices import book, catalogue
from orchestration.prices.book import Price
from orchestration.prices.files import price_of, read_csv
from orchestration.prices.sync import sync
from orchestration.refresh.engine import refresh_all
from orchestration.simulator.commands import DEFAULT_START_MS
from orchestration.simulator.writer import Order, simulate_days

CHECK = "assert_no_price_contradicts_another"
MARCH = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


class House(World):
    """The models of costs over a database of one test."""

    def land_lines(self, *lines: dict[str, Any]) -> None:
        path = self.folder / f"{len(list(self.folder.glob('*.jsonl')))}.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        self.land(path)

    def refresh(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as session:
            refresh_all(session)

    def write(self, *prices: Price) -> int:  # type: ignore[override]
        with psycopg.connect(self.url, autocommit=True) as session:
            accepted = book.write(session, prices, "test").accepted
            refresh_all(session)
        return accepted

    def differences(self) -> list[tuple[Any, ...]]:
        found = self.rows("select model, missing, surplus from ops.differences('analytics')")
        assert found, "nothing was compared"
        return [row for row in found if row[1] or row[2]]

    def computed(self) -> dict[str, tuple[int | None, str]]:
        rows = self.rows("select event_id, computed_nanos, computed_status from core.fct_costs")
        return {event: (nanos, status) for event, nanos, status in rows}


@pytest.fixture
def house(built_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("ASSAY_DATABASE_URL", built_url)
    return House(built_url, tmp_path)


def a_price(dollars: str | None = "2", **more: Any) -> Price:
    prices = {} if dollars is None else {"input_price": Decimal(dollars)}
    return Price(**{"provider": "acme", "model": "m", "origin": "override", **prices, **more})


def a_call(event_id: str, ts: str, **more: Any) -> dict[str, Any]:
    line = cost(event_id, "q", provider="acme", input_tokens=1000) | {"ts": ts, **more}
    return {name: value for name, value in line.items() if value is not None}


def test_computed_costs_are_the_simulators_own(house: House) -> None:
    """Every call, a price cut in the middle of a day among them; and the one wrong invoice is found."""
    logs = house.folder / "logs"
    for _ in simulate_days(Order(6, 200, 3, DEFAULT_START_MS, logs)):
        pass
    truth = json.loads((logs / "truth.json").read_text())
    for file in truth["files"]:
        house.land(logs / file["name"])
    house.refresh()
    assert house.value("select count(*) from core.fct_costs where computed_status <> 'no_price'") == 0
    assert house.write(*read_csv(logs / "prices.csv")) == len(truth["prices"])
    assert house.write(*read_csv(logs / "prices.csv")) == 0
    assert (
        house.value(
            "select count(*) from core.fct_costs where computed_nanos is distinct from reported_nanos"
        )
        == 0
    )
    spent = house.rows(
        """select day::text, workspace, provider, model, calls, round(computed_cost_usd * 1e9)::bigint
           from marts.bill_reconciliation where calls > 0 order by 1, 2, 3, 4"""
    )
    names = ("day", "workspace", "provider", "model", "calls", "cost_nanos")
    assert spent == sorted(tuple(row[name] for name in names) for row in truth["costs"])
    planted = truth["planted"]["bill_discrepancy"]
    differing = house.rows(
        """select workspace, model, round(difference_usd * 1e9)::bigint from marts.bill_reconciliation
           where difference_usd <> 0"""
    )
    assert differing == [
        (planted["workspace"], planted["model"], planted["billed_nanos"] - planted["cost_nanos"])
    ]
    assert house.differences() == []


def test_a_back_dated_price_re_prices_the_past_and_can_be_taken_back(house: House) -> None:
    """1,000 tokens at $2 and, from 1 March on, at $1: 2,000,000 and 1,000,000 nano-dollars."""
    house.land_lines(
        a_call("february", "2026-02-28T23:59:59Z", reported_cost=None),
        a_call("march", "2026-03-01T00:00:00Z", reported_cost=None),
        a_call("reported", "2026-03-02T00:00:00Z", reported_cost="0.5"),
        a_call("batch", "2026-03-02T00:00:00Z", service_tier="batch", reported_cost=None),
    )
    house.refresh()
    nothing = (None, "no_price")
    assert set(house.computed().values()) == {nothing}
    house.write(a_price("2"))
    priced = house.computed()
    assert priced["february"] == priced["march"] == priced["reported"] == (2_000_000, "computed")
    assert priced["batch"] == nothing
    house.write(a_price("1", valid_from=MARCH))
    assert house.computed()["february"] == (2_000_000, "computed")
    assert house.computed()["march"] == (1_000_000, "computed")
    assert house.differences() == []
    # What producers reported goes first, whatever the book says; what they did not is computed.
    assert house.rows(
        "select sum(cost_nanos)::bigint, sum(computed_nanos)::bigint from state.agg_costs_daily"
    ) == [(2_000_000 + 1_000_000 + 500_000_000, 2_000_000 + 2 * 1_000_000)]
    house.write(a_price("1", valid_from=MARCH).withdrawal())
    assert house.computed() == priced
    house.write(a_price("2").withdrawal())
    assert set(house.computed().values()) == {nothing}
    assert house.differences() == []


def test_what_was_said_before_a_price_changed_stays_readable(house: House) -> None:
    """One call and a price of $2; then the price was $1 all along, and a second call came late."""
    house.land_lines(a_call("early", "2026-03-01T10:00:00Z", reported_cost=None))
    house.write(a_price("2"))
    (before,) = house.rows("select max(landed_at)::text from landing.batch")
    house.write(a_price("1"))
    house.land_lines(a_call("late", "2026-03-01T11:00:00Z", reported_cost=None))
    house.refresh()
    said = """select calls_then, round(cost_then_usd * 1e9), calls_now, round(cost_now_usd * 1e9)
        from marts.costs_as_of"""
    assert house.rows(said) == [(2, 2_000_000, 2, 2_000_000)]
    with psycopg.connect(house.url) as session:
        session.execute("select set_config('assay.as_of', %s, false)", before)
        assert session.execute(said.encode()).fetchall() == [(1, 2_000_000, 2, 2_000_000)]
        session.execute("select set_config('assay.as_of', '2020-01-01', false)")
        assert session.execute(said.encode()).fetchall() == [(0, None, 2, 2_000_000)]


def test_a_price_touches_the_calls_that_it_can_matter_to_and_no_others(house: House) -> None:
    """A sync at noon must not read a year of calls again."""
    calls = [a_call(f"c{n}", f"2026-0{n}-15T10:00:00Z", query_id=f"q{n}") for n in range(1, 6)]
    house.land_lines(*calls, a_call("other", "2026-05-15T10:00:00Z", model="n", query_id="other"))
    house.refresh()
    house.write(a_price("1", valid_from=MARCH))
    (touched,) = house.rows(
        """select (done -> 'rows' ->> 0)::int from ops.refresh_log, jsonb_array_elements(models) as done
           where done ->> 'model' = 'core.fct_costs' order by refresh_id desc limit 1"""
    )
    assert touched == (3,)


def test_calls_and_prices_may_come_in_any_order(house: House) -> None:
    """A call that lands a month late is priced like the others of its moment."""
    house.refresh()
    house.write(a_price("2"), a_price("1", valid_from=MARCH))
    house.land_lines(a_call("new", "2026-03-20T00:00:00Z"))
    house.refresh()
    house.land_lines(a_call("late", "2026-02-20T00:00:00Z"), query("q"))
    house.refresh()
    assert house.computed() == {"new": (1_000_000, "computed"), "late": (2_000_000, "computed")}
    assert house.differences() == []


def test_the_same_price_twice_is_one_and_going_back_is_news(house: House) -> None:
    """Prices of 2, of 1, and of 2 again: the third line must not be taken for the first."""
    house.refresh()
    assert house.write(a_price("2")) == 1
    assert house.write(a_price("2")) == 0
    assert house.write(a_price("1")) == 1
    assert house.write(a_price("2")) == 1
    assert house.rows("select input_price from core.dim_prices") == [(2_000_000_000,)]
    assert house.value("select count(*) from landing.conflict") == 0


def test_a_price_of_nothing_is_a_price(house: House) -> None:
    """Cached tokens that are free, and a model that is: a line that left the zero out would leave calls
    without a cost, and be news to the book each time that it is stated."""
    house.land_lines(
        a_call("cached", "2026-03-01T10:00:00Z", cache_read_tokens=9000, reported_cost=None),
        a_call("free", "2026-03-01T10:00:00Z", model="free", output_tokens=5, reported_cost=None),
    )
    house.refresh()
    nothing = {"input_price": "0", "output_price": "0.000"}
    wanted = (
        price_of({"provider": "acme", "model": "m", "input_price": "2", "cache_read_price": "0"}),
        price_of({"provider": "acme", "model": "free", **nothing}),
    )
    assert house.write(*wanted) == 2
    assert house.computed() == {"cached": (2_000_000, "computed"), "free": (0, "computed")}
    assert house.write(*wanted) == 0


def test_synced_prices_compute_what_the_package_computes(house: House) -> None:
    """Its own arithmetic counts cached tokens within the input; ours are disjoint. The same money."""
    from genai_prices import Usage, calc_price

    names = [
        ("openai", "gpt-4o"),
        ("openai", "o3"),
        ("azure", "gpt-4o-mini"),
        ("anthropic", "claude-sonnet-4-5-20250929"),
        ("anthropic", "claude-3-5-haiku-latest"),
        ("google", "gemini-2.5-pro"),
        ("mistral", "mistral-large-latest"),
    ]
    moments = ["2025-06-09T23:59:59Z", "2025-06-10T00:00:00Z", "2026-02-01T12:00:00Z"]
    usages = [
        (1000, 9000, 2000, 500, 300),
        (150_000, 50_000, 0, 0, 1000),
        (151_000, 50_000, 0, 7000, 0),
    ]
    lines: list[dict[str, Any]] = []
    expected: dict[str, tuple[int | None, str]] = {}
    for provider, model in names:
        for moment in moments:
            for fresh, read, written, output, reasoning in usages:
                event = f"e{len(lines)}"
                lines.append(
                    cost(
                        event, event, ts=moment, provider=provider, model=model, input_tokens=fresh,
                        cache_read_tokens=read, cache_write_tokens=written, output_tokens=output,
                        reasoning_tokens=reasoning,
                    )
                )  # fmt: skip
                usage = Usage(
                    input_tokens=fresh + read + written,
                    cache_read_tokens=read,
                    cache_write_tokens=written,
                    output_tokens=output + reasoning,
                )
                at = dt.datetime.fromisoformat(moment)
                price = calc_price(usage, model, provider_id=provider, genai_request_timestamp=at)
                expected[event] = (int(price.total_price * 10**9), "computed")
    house.land_lines(*lines, cost("unknown", "u", provider="acme", model="none", input_tokens=5))
    house.refresh()
    with psycopg.connect(house.url, autocommit=True) as session:
        synced = sync(session)
        refresh_all(session)
        again = sync(session)
    assert synced.priced == len(names)
    assert synced.unknown == {("acme", "none"): "the package does not know it"}
    assert again.counts.accepted == 0
    computed = house.computed()
    assert computed.pop("unknown") == (None, "no_price")
    assert computed == expected


def test_what_the_package_takes_back_is_withdrawn(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.land_lines(cost("c", "q", provider="openai", model="gpt-4o", input_tokens=5))
    house.refresh()

    def stated(*prices: Price) -> None:
        monkeypatch.setattr(catalogue, "prices_of", lambda _provider, _model: list(prices))
        with psycopg.connect(house.url, autocommit=True) as session:
            sync(session)
            refresh_all(session)

    one = a_price("2", provider="openai", model="gpt-4o", origin="genai-prices")
    two = a_price("1", provider="openai", model="gpt-4o", origin="genai-prices", valid_from=MARCH)
    stated(one, two)
    assert house.value("select count(*) from core.dim_prices") == 2
    stated(one)
    assert house.rows("select input_price, valid_to from core.dim_prices") == [(2_000_000_000, None)]


@pytest.mark.parametrize(
    ("prices", "says"),
    [
        ([a_price(valid_to=MARCH), a_price("1", valid_from=MARCH - dt.timedelta(1))], "runs until"),
        ([a_price(above_input_tokens=5, tier_mode="whole")], "no price below its tier"),
        (
            [
                a_price(),
                a_price(above_input_tokens=5, tier_mode="marginal"),
                a_price(above_input_tokens=9, tier_mode="marginal"),
            ],
            "two marginal tiers",
        ),
        (
            [a_price(), a_price("4", above_input_tokens=5, tier_mode="whole", valid_to=MARCH)],
            "do not end together",
        ),
        (
            [a_price(valid_to=MARCH), a_price("4", above_input_tokens=5, tier_mode="whole")],
            "do not end together",
        ),
        ([a_price("1"), a_price("10")], "is stated twice"),
        ([a_price("0.0000000001")], "is refused: RANGE at \\$.input_price"),
        ([a_price("1000001")], "is refused: RANGE"),
    ],
)
def test_prices_that_contradict_themselves_are_refused(
    database_url: str, monkeypatch: pytest.MonkeyPatch, prices: list[Price], says: str
) -> None:
    """The sentence names the price, and nothing of the file lands."""
    monkeypatch.setenv("ASSAY_DATABASE_URL", database_url)
    with psycopg.connect(database_url, autocommit=True) as session:
        with pytest.raises(AssayError, match=f"override price of acme m.*{says}"):
            book.write(session, [a_price("3", model="sound"), *prices], "test")
        assert session.execute("select count(*) from raw.price_log").fetchone() == (0,)


def test_a_row_that_is_there_twice_is_one_price(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It contradicts nothing: only another price for the same moment would."""
    monkeypatch.setenv("ASSAY_DATABASE_URL", database_url)
    with psycopg.connect(database_url, autocommit=True) as session:
        assert book.write(session, [a_price(), a_price()], "test").accepted == 1


def test_a_contradiction_in_the_book_stops_nothing_else(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two models contradict themselves, by way of files: prices of a third go on, and each is mended
    by itself."""
    monkeypatch.setenv("ASSAY_DATABASE_URL", database_url)
    line = {"kind": "price", "ts": "2026-03-01T00:00:00Z", "origin": "override", "provider": "acme"}
    until = {"valid_from": "2026-01-01T00:00:00Z", "valid_to": "2026-03-01T00:00:00Z"}
    inside = {"valid_from": "2026-02-01T00:00:00Z"}
    House(database_url, tmp_path).land_lines(
        *(
            line | {"event_id": f"{model}{number}", "model": model, "input_price": "2", **period}
            for model in ("a", "b")
            for number, period in enumerate((until, inside))
        )
    )
    with psycopg.connect(database_url, autocommit=True) as session:
        assert book.write(session, [a_price(model="c")], "test").accepted == 1
        with pytest.raises(AssayError, match=r"acme a .*runs until"):
            book.write(session, [a_price(model="a")], "test")
        for model in ("a", "b"):
            wrong = next(price for price in book.standing(session) if price.model == model)
            assert book.write(session, [wrong.withdrawal()], "test").accepted == 1


def test_contradictions_that_come_as_files_are_held(house: House) -> None:
    """`assay land` knows no book; the check of new batches does, and other batches go on."""
    line = {"kind": "price", "ts": "2026-03-01T00:00:00Z", "origin": "override", "provider": "acme"}
    sound = line | {
        "event_id": "p1",
        "model": "m",
        "valid_from": "2026-01-01T00:00:00Z",
        "input_price": "2",
    }
    house.refresh()
    house.land_lines(sound | {"valid_to": "2026-03-01T00:00:00Z"})
    house.refresh()
    house.land_lines(sound | {"event_id": "p2", "valid_from": "2026-02-01T00:00:00Z"})
    house.land_lines(sound | {"event_id": "p3", "model": "n"}, a_call("c", "2026-01-02T00:00:00Z"))
    tier = sound | {"above_input_tokens": 200_000, "tier_mode": "whole"}
    until, longer = {"valid_to": "2026-06-01T00:00:00Z"}, {"valid_to": "2026-09-01T00:00:00Z"}
    for model, its, other in (("o", {}, until), ("p", until, {}), ("q", until, longer)):
        lines = (sound | its | {"event_id": f"base {model}"}, tier | other | {"event_id": model})
        house.land_lines(*(line | {"model": model} for line in lines))
    house.refresh()
    assert house.rows("select held_by from ops.held_batch") == [(CHECK,)] * 4
    assert house.computed() == {"c": (2_000_000, "computed")}
    assert house.rows("select model from core.dim_prices order by 1") == [("m",), ("n",)]


def test_a_call_that_used_more_than_any_does_is_held_whatever_the_meter(house: House) -> None:
    """Prevents a mistaken unit of a meter that nobody looked at from costing millions."""
    house.refresh()
    meters = [field.name for field in fields(Cost) if field.name.endswith("_tokens")]
    assert len(meters) == 9
    at = "2026-03-02T00:00:00Z"
    for meter in meters:
        house.land_lines(a_call(meter, at, **{"input_tokens": None, meter: 100_000_001}))
    house.land_lines(a_call("together", at, cache_write_tokens=60_000_000, reasoning_tokens=60_000_000))
    house.land_lines(a_call("requests", at, requests=1_000_001))
    house.land_lines(a_call("dollars", at, reported_cost="10000.01"))
    house.land_lines(a_call("sound", at, output_tokens=99_000_000, requests=1_000_000))
    house.refresh()
    held = house.rows("select held_by from ops.held_batch")
    assert held == [("assert_no_call_costs_beyond_belief",)] * (len(meters) + 3)
    assert house.rows("select event_id from core.fct_costs") == [("sound",)]


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"model": "m", "input_price": "-1"}, "-1 is no price: prices are zero or more"),
        ({"model": "m", "input_price": "NaN"}, "NaN is no price"),
        ({"model": "m", "input_price": "cheap"}, "cheap is no amount of dollars"),
        ({"model": "m"}, "it states no price"),
        ({"input_price": "1"}, "it names no model"),
        ({"model": "m", "input_price": "1", "service_tier": "gold"}, "service_tier is gold"),
        ({"model": "m", "input_price": "1", "valid_from": "yesterday"}, "yesterday is no date"),
        ({"model": "m", "input_price": "1", "valid_from": "2026-03-01T10:00:00"}, "has no offset"),
        ({"model": "m", "input_price": "1", "above_input_tokens": "-5"}, "no number of tokens"),
        ({"model": "m", "input_price": "1", "above_input_tokens": "²"}, "no number of tokens"),
        ({"model": "m", "input_price": "1", "above_input_tokens": "9" * 5000}, "no number of tokens"),
        ({"model": "m", "input_price": "1e30"}, "1e30 is no price"),
        ({"model": "m", "input_price": "1e999999"}, "1e999999 is no price"),
        ({"model": "m", "input_price": "sNaN"}, "sNaN is no price"),
        ({"model": "m", "input_price": "1", "valid_from": "0001-01-01T00:00:00+14:00"}, "is no date"),
    ],
)
def test_words_that_are_no_price_are_refused_with_their_row(
    tmp_path: Path, told: dict[str, str], says: str
) -> None:
    with pytest.raises(AssayError, match=says):
        price_of(told)
    path = tmp_path / "prices.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(
            file, ["model", *[name for name in told if name != "model"], "output_price"]
        )
        writer.writeheader()
        writer.writerow({"model": "sound", "output_price": "1"})
        writer.writerow(told)
    with pytest.raises(AssayError, match=f"prices.csv, row 3: .*{says}"):
        read_csv(path)


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    """Of two prices for the same tokens the last would win, and nobody be told."""
    path = tmp_path / "prices.csv"
    path.write_text("model,input_price,input_price\nm,2.5,25\n")
    with pytest.raises(AssayError, match=r"prices\.csv: input_price stands twice"):
        read_csv(path)


def test_a_price_that_is_none_is_a_status_or_a_quarantined_line(house: House) -> None:
    """Below zero or of no model: quarantined, each with its line. Without a price for input: said."""
    line = {"kind": "price", "ts": "2026-01-01T00:00:00Z", "origin": "override", "provider": "acme"}
    line |= {"valid_from": "2026-01-01T00:00:00Z"}
    house.land_lines(
        line | {"event_id": "below", "model": "m", "input_price": "-1"},
        line | {"event_id": "nameless", "input_price": "1"},
        line | {"event_id": "half", "model": "m", "output_price": "1"},
        a_call("c", "2026-03-01T10:00:00Z"),
    )
    house.refresh()
    assert house.rows("select line_no, reason, path from landing.quarantine order by 1") == [
        (1, "RANGE", "$.input_price"),
        (2, "MISSING_FIELD", "$.model"),
    ]
    assert house.computed() == {"c": (None, "meter_without_price")}


def test_what_nothing_converts_is_said_call_by_call(house: House) -> None:
    """Prevents ounces of gold from being added to dollars, or from counting as nothing."""
    house.land_lines(
        query("q", query_id="q"),
        query("r", query_id="r"),
        a_call("c", "2026-03-01T10:00:00Z", reported_cost="5", currency="XAU"),
        a_call("d", "2026-03-01T10:00:00Z", reported_cost="1", query_id="r"),
    )
    house.refresh()
    said = """select event_id, reported_status, cost_usd::float, cost_status from marts.query_costs
        join core.fct_queries using (workspace, query_key) order by 1"""
    assert house.rows(said) == [
        ("q", "other_currency", None, "unpriced"),
        ("r", "reported", 1.0, "priced"),
    ]


def test_a_budget_for_nobody_and_a_period_of_nothing_are_named(house: House) -> None:
    """A name spelt wrong must not look like a budget that holds; a month without spending is one."""
    house.land_lines(
        a_call("c", "2026-01-10T10:00:00Z", reported_cost="5", workspace="warmhaus"),
        a_call("d", "2026-02-10T10:00:00Z", reported_cost="1"),
    )
    house.refresh()
    said = """select budget_id, period_start::text, status, spent_usd::float from marts.budget_status
        where period = 'month' or period_start < '2026-01-10' order by 1, 2"""
    assert house.rows(said) == [
        ("demo-video", "2026-01-05", "for_nobody", None),
        ("demo-warmhaus", "2026-01-01", "within", 5.0),
        ("demo-warmhaus", "2026-02-01", "nothing_spent", 0.0),
    ]
