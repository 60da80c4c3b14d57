"""Percentiles from histograms, as every mart takes them, against percentile_disc on the same values."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import engine_world
import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

SHARES = (0.5, 0.95, 0.99)
# The macros in the order in which the models of `state/performance` use them.
MODEL = """
with
clocked as (
    select 1 as cell, sign, {{ latency_bucket('milliseconds') }} as bucket from public.measured
    {{ computed_once() }}
),
pages as ({{ histogram('clocked', ['cell']) }}),
found as ({{ percentiles('pages', ['cell'], 'measured') }})
select array[max(latency_p50_ms), max(latency_p95_ms), max(latency_p99_ms)] from found
"""
EXACT = """
select array[
    percentile_disc(0.50) within group (order by milliseconds),
    percentile_disc(0.95) within group (order by milliseconds),
    percentile_disc(0.99) within group (order by milliseconds)
] from public.measured where sign = 1 and not is_retracted
"""
# A microsecond to three years, the longest that landing accepts; each power of ten is as likely.
ANY = st.floats(-3, 11).map(lambda power: 10.0**power)
# Few values, so that there are ties; zero, which has no logarithm; ends of buckets.
TIES = st.sampled_from([0.0, 0.001, 1.0, 99.4, 100.0, 1000.0, 3_600_000.0, 1e11])
ENDS = st.integers(-345, 1265).map(lambda number: (1.01 / 0.99) ** number)
VALUES = st.lists(st.one_of(ANY, TIES, ENDS), max_size=120)


@dataclass(frozen=True)
class Histogram:
    session: psycopg.Connection
    statement: str

    def measure(self, values: list[float], retracted: list[float]) -> None:
        self.session.execute("truncate public.measured")
        with self.session.cursor().copy("copy public.measured from stdin") as rows:
            for value in values:
                rows.write_row((value, 1, False))
            for value in retracted:
                rows.write_row((value, 1, True))
                rows.write_row((value, -1, True))

    def estimates(self) -> list[float | None]:
        estimates: list[float | None] = self.session.execute(self.statement.encode()).fetchall()[0][0]
        return estimates

    def exact(self) -> list[float | None]:
        exact: list[float | None] = self.session.execute(EXACT.encode()).fetchall()[0][0]
        return exact


@pytest.fixture(scope="module")
def histogram(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Histogram]:
    folder = tmp_path_factory.mktemp("house")
    with (
        new_database() as url,
        engine_world.house(url, folder) as house,
        psycopg.connect(url, autocommit=True) as session,
    ):
        session.execute(
            "create table public.measured (milliseconds float8, sign int, is_retracted bool)"
        )
        yield Histogram(session, house.compiled("percentiles", MODEL))


@settings(deadline=None, max_examples=200)
@given(values=VALUES, retracted=st.lists(st.one_of(ANY, TIES), max_size=20))
@example(values=[], retracted=[])
@example(values=[], retracted=[5.0])
@example(values=[0.0], retracted=[])
@example(values=[0.001], retracted=[0.0])
@example(values=[1e11], retracted=[])
@example(values=[7.0] * 99 + [7e6], retracted=[7.0])
@example(values=[float(number) for number in range(1, 101)], retracted=[])
def test_percentiles_are_within_one_percent(
    histogram: Histogram, values: list[float], retracted: list[float]
) -> None:
    """Prevents a percentile of the neighbouring rank, and buckets that are too wide anywhere."""
    histogram.measure(values, retracted)
    estimates, exact = histogram.estimates(), histogram.exact()
    assert len(estimates) == len(exact) == len(SHARES)
    for estimate, true in zip(estimates, exact, strict=True):
        if true is None:
            assert estimate is None
        else:
            # The end of a bucket is 1 % from its middle; the last digits of a double come on top.
            assert estimate == pytest.approx(true, rel=0.0100001, abs=0)


# What each is asked by, and the histogram behind its percentiles.
FINISHED_AS_READ = {
    "model_usage": ("provider model surface", "agg_latency_by_surface_daily"),
    "retrieval_quality": ("data_source index_version", "agg_retrieval_latency_daily"),
    "safety_metrics": ("guardrail category", "agg_safety_latency_daily"),
}


@pytest.mark.parametrize("mart", FINISHED_AS_READ)
def test_a_histogram_is_read_where_a_percentile_is_asked_for(mart: str, built_url: str) -> None:
    """A workspace's whole history was read for each dashboard of costs that named it."""
    names, histogram = FINISHED_AS_READ[mart]
    given = ["workspace = 'w'", "day = date '2026-03-02'", *(f"{name} = 'x'" for name in names.split())]
    with psycopg.connect(built_url) as session:
        for many in range(len(given) + 1):
            conditions = " and ".join(["true", *given[:many]])
            asked = f"from marts.{mart} where {conditions}"
            assert histogram not in _plan(session, f"select day, is_complete {asked}")
            assert histogram in _plan(session, f"select day, latency_p95_ms {asked}")


def _plan(session: psycopg.Connection, statement: str) -> str:
    return str(session.execute(f"explain {statement}".encode()).fetchall())
