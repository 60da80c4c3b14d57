"""What the figures have to reach: the one place that says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict


@dataclass(frozen=True)
class Bar:
    """A ratio or a time says little about a toy: `from_size` is the size from which it is judged. Which
    figure tells the size is `size`, for each part has its own; `rows` are the queries of the world."""

    figure: str
    at_most: float | None = None
    at_least: float | None = None
    under: float | None = None
    from_size: int = 0
    size: str = "rows"

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


class _Size(TypedDict):
    from_size: int
    size: str


_LARGE, _LARGEST = 1_000_000, 10_000_000
# As asked for: who falls behind is offered less, and misses the bar for it.
_RECEIVED = _Size(from_size=2000, size="receive_asked_per_s")
_SCORED = _Size(from_size=20_000, size="scored_queries")
_CLUSTERED = _Size(from_size=1_000_000, size="questions_history")
_PREFERRED = _Size(from_size=10_000, size="preference_people")
_ENDURED = _Size(from_size=2000, size="endured_refreshes")
_VISIBLE = _Size(from_size=200, size="visible_commits")

# Of two bars for one figure the one for the larger size counts.
BARS = (
    Bar("landing_vs_floor", at_least=0.3, from_size=200_000, size="lines"),
    Bar("otlp_vs_native", at_least=0.5, from_size=100_000, size="otlp_spans"),
    Bar("receive_spans_per_s", at_least=1900, **_RECEIVED),  # until the last is in a mart
    Bar("receive_ack_ms_p99", under=250, **_RECEIVED),
    Bar("receive_peak_mib", under=256, **_RECEIVED),
    Bar("scored_queries_per_s", at_least=500, **_SCORED),
    Bar("scoring_peak_mib", under=1536, **_SCORED),
    Bar("questions_clustered_s", under=60, **_CLUSTERED),
    Bar("questions_peak_mib", under=1536, **_CLUSTERED),
    Bar("preferences_learned_s", under=10, **_PREFERRED),
    Bar("preference_lookup_ms_p99", under=2, **_PREFERRED),
    Bar("refresh_ms_p50", under=600, from_size=_LARGE),
    Bar("refresh_ms_p99", under=1500, from_size=_LARGE),
    Bar("idle_ms", under=5),
    Bar("refresh_slope", at_most=1.3, from_size=_LARGE),
    Bar("refresh_vs_rebuild", at_least=15, from_size=_LARGE),
    Bar("refresh_vs_rebuild", at_least=100, from_size=_LARGEST),
    Bar("rebuild_vs_plain", at_most=1.5, from_size=_LARGE),
    Bar("refresh_vs_stock_dbt", at_least=15, from_size=_LARGE),
    Bar("mart_ms_p99", under=10, from_size=_LARGEST),
    Bar("all_workspaces_ms_p99", under=50, from_size=_LARGEST),
    Bar("views_vs_mart", at_least=50, from_size=_LARGEST),
    Bar("duckdb_vs_mart", at_least=5, from_size=_LARGEST),
    Bar("chdb_vs_mart", at_least=5, from_size=_LARGEST),
    Bar("differing_answers", at_most=0),
    Bar("diff_rows", at_most=0),
    Bar("reprice_s_per_million", under=30, from_size=_LARGE),
    Bar("reprice_diff_rows", at_most=0),
    Bar("endured_latency", at_most=2, **_ENDURED),
    Bar("endured_size", at_most=2, **_ENDURED),
    Bar("visible_s_p50", under=1, **_VISIBLE),
    Bar("visible_s_p99", under=3, **_VISIBLE),
    Bar("reader_blocked", at_most=0),
)
# Slow is a figure; wrong is a failure.
RIGHT = [bar.figure for bar in BARS if bar.at_most == 0]


def judge(figures: Mapping[str, Any], rows: int, why_missing: Mapping[str, str]) -> dict[str, Any]:
    """By figure: its bar, and met, missed or not_judged with the reason."""
    verdicts: dict[str, Any] = {}
    for bar in BARS:
        size = rows if bar.size == "rows" else figures.get(bar.size, 0)
        if size < bar.from_size and bar.figure in verdicts:
            continue
        value = figures.get(bar.figure)
        verdict = {"value": value, "bar": str(bar)}
        if value is None:
            reason = why_missing.get(bar.figure)
            if reason is None:
                continue
            verdict |= {"verdict": "not_judged", "because": reason}
        elif size < bar.from_size:
            words = bar.size.replace("_", " ")
            because = f"set for {bar.from_size:,} {words} and more"
            verdict |= {"verdict": "not_judged", "because": because}
        else:
            verdict |= {"verdict": "met" if bar.is_met(value) else "missed"}
        verdicts[bar.figure] = verdict
    return verdicts
