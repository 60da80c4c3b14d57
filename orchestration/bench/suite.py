"""The measurements with the databases that they need: one of them, or all in one run."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from orchestration.bench.bars import BARS
from orchestration.bench.dashboards.measure import RIVALS, bench_dashboards
from orchestration.bench.endurance import bench_endurance
from orchestration.bench.landing import bench_landing, simulated_logs
from orchestration.bench.otlp import bench_otlp, bench_receive
from orchestration.bench.preferences import MESSAGES, PEOPLE, bench_preferences
from orchestration.bench.questions import bench_questions
from orchestration.bench.rebuild import bench_rebuild
from orchestration.bench.refresh import bench_refresh, bench_slope, differing_rows
from orchestration.bench.reprice import bench_reprice
from orchestration.bench.scoring import bench_scoring
from orchestration.bench.scratch import scratch_world
from orchestration.bench.stock import bench_stock
from orchestration.bench.timing import timed
from orchestration.bench.visible import bench_visible
from orchestration.bench.world import World
from orchestration.warehouse.build import build_models

Say = Callable[[str], None]
BENCHES = (
    "landing",
    "otlp",
    "receive",
    "scoring",
    "preferences",
    "refresh",
    "dashboards",
    "stock",
    "visible",
    "reprice",
    "endurance",
)
_OF_THEIR_OWN = {"landing", "otlp", "receive", "scoring", "preferences", "endurance"}


@dataclass(frozen=True)
class Sizes:
    """How much of everything. Tests ask for little."""

    rows: int = 1_000_000
    landing_days: int = 10
    landing_queries_per_day: int = 4000
    otlp_turns: int = 30_000
    receive_spans_per_s: int = 2000
    receive_seconds: int = 60
    scoring_days: int = 30
    scoring_queries_per_day: int = 1000
    history: int = 1_000_000
    new_questions: int = 10_000
    people: int = PEOPLE
    messages: int = MESSAGES
    rounds: int = 100
    pairs: int = 30
    questions: int = 200
    checked: int = 20
    stock_runs: int = 3
    commits: int = 1000
    refreshes: int = 2000
    endurance_rows: int = 100_000


@dataclass
class Report:
    """`why_missing` says of a figure that was to be measured why there is none."""

    figures: dict[str, Any] = field(default_factory=dict)
    why_missing: dict[str, str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    @contextmanager
    def part(self, *figures: str) -> Iterator[dict[str, Any]]:
        """One that fails costs its own figures, not those of the hour before."""
        try:
            yield self.figures
        except Exception as error:
            reason = f"it failed: {type(error).__name__}: {str(error).partition(chr(10))[0]}"
            self.failed.append(reason)
            self.why_missing |= {figure: reason for figure in figures if figure not in self.figures}


def run(wanted: Collection[str], sizes: Sizes, say: Say) -> Report:
    report = Report()
    if "landing" in wanted:
        say("landing")
        logs = simulated_logs(sizes.landing_days, sizes.landing_queries_per_day)
        with report.part("landing_vs_floor") as figures, logs as folder:
            figures |= bench_landing(folder)
    _other_systems(wanted, sizes, say, report)
    if "scoring" in wanted:
        say("scoring")
        logs = simulated_logs(sizes.scoring_days, sizes.scoring_queries_per_day)
        with report.part("scored_queries_per_s", "scoring_peak_mib") as figures, logs as folder:
            figures |= bench_scoring(folder, say)
        with report.part("questions_clustered_s", "questions_peak_mib") as figures:
            figures |= bench_questions(sizes.history, sizes.new_questions, say)
    if "preferences" in wanted:
        with report.part("preferences_learned_s", "preference_lookup_ms_p99") as figures:
            figures |= bench_preferences(sizes.people, sizes.messages, say)
    if set(wanted) - _OF_THEIR_OWN:
        with report.part(
            *(
                bar.figure
                for bar in BARS
                if not bar.figure.startswith(
                    ("landing", "otlp", "receive", "scor", "questions", "preference", "endured")
                )
            )
        ):
            _over_a_world(wanted, sizes, say, report)
    if "endurance" in wanted:
        with report.part("endured_latency", "endured_size") as figures:
            figures |= bench_endurance(sizes.refreshes, say, sizes.endurance_rows)
    return report


def _other_systems(wanted: Collection[str], sizes: Sizes, say: Say, report: Report) -> None:
    if "otlp" in wanted:
        say("OTLP files")
        with report.part("otlp_vs_native") as figures:
            figures |= bench_otlp(sizes.otlp_turns)
    if "receive" in wanted:
        say(f"{sizes.receive_spans_per_s} spans a second into `assay receive`")
        with report.part("receive_spans_per_s", "receive_ack_ms_p99", "receive_peak_mib") as figures:
            figures |= bench_receive(sizes.receive_spans_per_s, sizes.receive_seconds)


def _over_a_world(wanted: Collection[str], sizes: Sizes, say: Say, report: Report) -> None:
    say(f"{sizes.rows} queries with their other logs")
    with scratch_world("whole", sizes.rows) as (url, world):
        say("building every model over them")
        report.figures["first_build_ms"] = round(timed(lambda: build_models(url)))
        if "refresh" in wanted:
            _refresh(world, sizes, say, report)
        if "dashboards" in wanted:
            _dashboards(url, sizes, say, report)
        if "stock" in wanted:
            say("the same marts as stock incremental models")
            with report.part("refresh_vs_stock_dbt") as figures:
                figures |= bench_stock(url, world, sizes.stock_runs)
        if "visible" in wanted:
            say(f"{sizes.commits} commits beside `assay watch` and a dashboard")
            with report.part("visible_s_p50", "visible_s_p99", "reader_blocked") as figures:
                figures |= bench_visible(url, world, sizes.commits)
        if set(wanted) & {"refresh", "stock", "visible"}:
            say("every table against its own definition")
            with report.part("diff_rows") as figures:
                figures["diff_rows"] = differing_rows(world.session)
        if "reprice" in wanted:
            say("new prices for every call")
            with report.part("reprice_s_per_million", "reprice_diff_rows") as figures:
                figures |= bench_reprice(world.session)
        if "refresh" in wanted:  # last: tables that were made anew prove nothing about refreshes
            say("the rebuild, by dbt and as plain insert ... select")
            with report.part("refresh_vs_rebuild", "rebuild_vs_plain") as figures:
                figures |= bench_rebuild(url, world.session, figures["refresh_ms_p50"])


def _refresh(world: World, sizes: Sizes, say: Say, report: Report) -> None:
    times: list[float] = []
    with (
        report.part("refresh_slope") as figures,
        scratch_world("tenth", sizes.rows // 10) as (url, tenth),
    ):
        say("a tenth of it, built")
        build_models(url)
        say(f"{sizes.pairs} pairs of refreshes")
        slope, times = bench_slope(world, tenth, sizes.pairs)
        figures |= slope
    say(f"refreshes up to {sizes.rounds}")
    with report.part("refresh_ms_p50", "refresh_ms_p99", "idle_ms") as figures:
        figures |= bench_refresh(world, times, sizes.rounds)


def _dashboards(url: str, sizes: Sizes, say: Say, report: Report) -> None:
    rivals = [f"{rival}_vs_mart" for rival in RIVALS]
    with report.part("mart_ms_p99", "all_workspaces_ms_p99", "differing_answers", *rivals) as figures:
        measured = bench_dashboards(url, sizes.questions, sizes.checked, say)
        report.why_missing |= {
            f"{rival}_vs_mart": reason for rival, reason in measured.pop("not_measured").items()
        }
        figures |= measured
