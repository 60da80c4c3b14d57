"""What is planted, where and when. A run too short for an event leaves it out and says so."""

from dataclasses import dataclass, field
from typing import Any

from orchestration.simulator.knowledge import TOPICS
from orchestration.simulator.lines import DAY_MS, HOUR_MS, MINUTE_MS, day_text, stamp
from orchestration.simulator.world import CHAT, GRAND, MODELS, SURFACES, WORKSPACES

NEVER = 1 << 40  # a day that does not come
FILLED_TOPIC = next(i for i, topic in enumerate(TOPICS) if topic.coverage == "filled")

REGRESSION_MODEL = GRAND
REGRESSION_SURFACE = CHAT
REGRESSION_FACTOR = 1.35
PROMPT_EFFECT = -1.1  # on the log-odds of being satisfied
SPIKE_CATEGORY = "prompt_injection"
SPIKE_SHARE = 0.06
DISCREPANCY = (103, 100)  # the invoice over the true sum
DISCREPANCY_WORKSPACE = 0
DISCREPANCY_MODEL = GRAND
LATE_DAYS_MAX = 40
RELEASE_EVERY = 9


@dataclass(frozen=True)
class Plan:
    """Days count from the start; `NEVER` where the run is too short."""

    days: int
    start_ms: int
    clean: bool
    price_cut_ms: int
    regression_day: int
    prompt_from: int
    prompt_until: int
    article_day: int
    spike_days: tuple[int, ...]
    discrepancy_day: int
    index_day: int
    late_days: int
    omitted: dict[str, str] = field(default_factory=dict)


def build_plan(days: int, start_ms: int, *, clean: bool) -> Plan:
    omitted: dict[str, str] = {}

    def at(name: str, share: float, needs: int) -> int:
        if days < needs:
            omitted[name] = f"needs {needs} days"
            return NEVER
        return max(1, round(days * share))

    prompt_from = at("worse_prompt", 0.3, 4)
    spike = at("safety_spike", 0.45, 3)
    return Plan(
        days=days,
        start_ms=start_ms,
        clean=clean,
        price_cut_ms=start_ms + days // 2 * DAY_MS + 12 * HOUR_MS,
        regression_day=at("latency_regression", 0.6, 3),
        prompt_from=prompt_from,
        prompt_until=max(prompt_from + 1, round(days * 0.65)) if prompt_from < NEVER else NEVER,
        article_day=at("gap_article", 0.5, 4),
        spike_days=() if spike == NEVER else (spike, spike + 1) if days >= 10 else (spike,),
        discrepancy_day=at("bill_discrepancy", 0.35, 2),
        index_day=at("index_change", 0.25, 5),
        late_days=_late_days(days, omitted, clean=clean),
        omitted=omitted,
    )


def _late_days(days: int, omitted: dict[str, str], *, clean: bool) -> int:
    if clean:
        omitted["defects"] = "switched off by --clean"
    elif days < 2:
        omitted["late_lines"] = "needs 2 days"
    return 0 if clean else min(LATE_DAYS_MAX, days - 1)


def is_filled(plan: Plan, day: int) -> bool:
    """Whether the article that closes a gap is out. It appears in the first minute of its day."""
    return day >= plan.article_day


def release_of(plan: Plan, day: int) -> str:
    """A release every nine days; the one that brings the regression comes on its own day."""
    minor = day // RELEASE_EVERY + (day >= plan.regression_day)
    return f"4.{minor}.0"


def prompt_version(plan: Plan, day: int, surface: int) -> tuple[str, str]:
    """The versions of both arms: (everybody else, the treated)."""
    if surface == CHAT and plan.prompt_from <= day < plan.prompt_until:
        return "v3", "v4"
    return ("v3", "v3") if surface == CHAT else ("v1", "v1")


def planted(plan: Plan) -> dict[str, Any]:
    """The plan as the truth file tells it; omitted events stand under `omitted` alone."""

    def date(day: int) -> str:
        return day_text(plan.start_ms + day * DAY_MS)

    events: dict[str, Any] = {
        "price_cut": {
            "provider": MODELS[GRAND].provider,
            "model": MODELS[GRAND].name,
            "at": stamp(plan.price_cut_ms),
            "factor": 0.8,
        },
        "gap_topics": [topic.topic_id for topic in TOPICS if topic.coverage == "gap"],
    }
    if plan.regression_day < NEVER:
        events["latency_regression"] = {
            "from": date(plan.regression_day),
            "model": MODELS[REGRESSION_MODEL].name,
            "surface": SURFACES[REGRESSION_SURFACE],
            "release": release_of(plan, plan.regression_day),
            "llm_ms_factor": REGRESSION_FACTOR,
        }
    if plan.prompt_from < NEVER:
        events["worse_prompt"] = {
            "from": date(plan.prompt_from),
            "until": date(plan.prompt_until),
            "prompt_name": "chat-answer",
            "experiment": "chat-answer-v4",
            "control": "v3",
            "treatment": "v4",
            "log_odds_effect": PROMPT_EFFECT,
        }
    if plan.article_day < NEVER:
        events["gap_article"] = {
            "topic": TOPICS[FILLED_TOPIC].topic_id,
            "published_at": stamp(plan.start_ms + plan.article_day * DAY_MS + MINUTE_MS),
            "doc_id": doc_id(FILLED_TOPIC),
        }
    if plan.spike_days:
        events["safety_spike"] = {
            "days": [date(day) for day in plan.spike_days],
            "category": SPIKE_CATEGORY,
            "surface": SURFACES[CHAT],
            "share_of_queries": SPIKE_SHARE,
        }
    if plan.discrepancy_day < NEVER:
        events["bill_discrepancy"] = {
            "day": date(plan.discrepancy_day),
            "workspace": WORKSPACES[DISCREPANCY_WORKSPACE].name,
            "model": MODELS[DISCREPANCY_MODEL].name,
            "factor": DISCREPANCY[0] / DISCREPANCY[1],
        }
    if plan.index_day < NEVER:
        events["index_change"] = {"from": date(plan.index_day), "version": "idx-2"}
    return events


def doc_id(topic: int) -> str:
    return f"kb-{TOPICS[topic].topic_id}"
