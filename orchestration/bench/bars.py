"""What the figures have to reach: the one place that says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Bar:
    """A ratio or a time says little about a toy: `from_rows` is the size from which it is judged."""

    figure: str
    at_most: float | None = None
    at_least: float | None = None
    under: float | None = None
    from_rows: int = 0

    def __str__(self) -> str:
        for words, limit in self._limits():
            return f"{words} {limit:,g}"
        raise ValueError(self.figure)

    def is_met(self, value: float) -> bool:
        return (
            (self.at_most is None or value <= self.at_most)
            and (self.at_least is None or value >= self.at_least)
            and (self.under is None or value < self.under)
        )

    def _limits(self) -> list[tuple[str, float]]:
        named = (("at most", self.at_most), ("at least", self.at_least), ("under", self.under))
        return [(words, limit) for words, limit in named if limit is not None]


_LARGE, _LARGEST = 1_000_000, 10_000_000

# Of two bars for one figure the one for the larger size counts.
BARS = (
    Bar("landing_vs_floor", at_least=0.3),
    Bar("otlp_vs_native", at_least=0.5),
    Bar("receive_spans_per_s", at_least=1900),  # of 2,000 offered, until the last is in a mart
    Bar("receive_ack_ms_p99", under=250),
    Bar("receive_peak_mib", under=256),
    Bar("scored_queries_per_s", at_least=500),
    Bar("scoring_peak_mib", under=1536),
    Bar("questions_clustered_s", under=60),
    Bar("questions_peak_mib", under=1536),
    Bar("preferences_learned_s", under=10),
    Bar("preference_lookup_ms_p99", under=2),
    Bar("refresh_ms_p50", under=600, from_rows=_LARGE),
    Bar("refresh_ms_p99", under=1500, from_rows=_LARGE),
    Bar("idle_ms", under=5),
    Bar("refresh_slope", at_most=1.3, from_rows=_LARGE),
    Bar("refresh_vs_rebuild", at_least=15, from_rows=_LARGE),
    Bar("refresh_vs_rebuild", at_least=100, from_rows=_LARGEST),
    Bar("rebuild_vs_plain", at_most=1.5, from_rows=_LARGE),
    Bar("refresh_vs_stock_dbt", at_least=15, from_rows=_LARGE),
    Bar("mart_ms_p99", under=10, from_rows=_LARGEST),
    Bar("all_workspaces_ms_p99", under=50, from_rows=_LARGEST),
    Bar("views_vs_mart", at_least=50, from_rows=_LARGEST),
    Bar("duckdb_vs_mart", at_least=5, from_rows=_LARGEST),
    Bar("chdb_vs_mart", at_least=5, from_rows=_LARGEST),
    Bar("differing_answers", at_most=0),
    Bar("diff_rows", at_most=0),
    Bar("reprice_s_per_million", under=30, from_rows=_LARGE),
    Bar("reprice_diff_rows", at_most=0),
    Bar("endured_latency", at_most=2),
    Bar("endured_size", at_most=2),
    Bar("visible_s_p50", under=1),
    Bar("visible_s_p99", under=3),
    Bar("reader_blocked", at_most=0),
)
# Slow is a figure; wrong is a failure.
RIGHT = [bar.figure for bar in BARS if bar.at_most == 0]


def judge(figures: Mapping[str, Any], rows: int, why_missing: Mapping[str, str]) -> dict[str, Any]:
    """By figure: its bar, and met, missed or not_judged with the reason."""
    verdicts: dict[str, Any] = {}
    for bar in BARS:
        if rows < bar.from_rows and bar.figure in verdicts:
            continue
        value = figures.get(bar.figure)
        verdict = {"value": value, "bar": str(bar)}
        if value is None:
            reason = why_missing.get(bar.figure)
            if reason is None:
                continue
            verdict |= {"verdict": "not_judged", "because": reason}
        elif rows < bar.from_rows:
            verdict |= {
                "verdict": "not_judged",
                "because": f"set for {bar.from_rows:,} rows and more",
            }
        else:
            verdict |= {"verdict": "met" if bar.is_met(value) else "missed"}
        verdicts[bar.figure] = verdict
    return verdicts
