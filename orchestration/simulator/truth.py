"""The exact answers: what each file holds, what each day adds up to, and what was hidden."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from orchestration.simulator import plan as planned
from orchestration.simulator.knowledge import TECHNICAL_TERMS, TOPICS
from orchestration.simulator.lines import DAY_MS, Bools, Ints, day_text, stamp
from orchestration.simulator.plan import NEVER, Plan
from orchestration.simulator.shared import Charges
from orchestration.simulator.turns import BLOCKED, NO_CACHE, STATUSES, Turns, price_row
from orchestration.simulator.world import (
    CHAT,
    CUT_MODEL,
    CUT_TO,
    MODELS,
    NO_PREFERENCE,
    PREFERENCE_STRENGTH,
    PROMPT_NAMES,
    SETTINGS,
    SURFACES,
    WORKSPACES,
    World,
    user_ids,
)

_TOKENS = ("input", "cache_read", "cache_write", "output", "reasoning")
_PRICES = ("input", "cache_read", "cache_write", "output", "request")
PREFERENCE_USERS_MAX = 20_000
LATE_LISTED_MAX = 1_000
_CHURN_QUIET_DAYS = 7
_CHURN_ACTIVE_DAYS = 3


@dataclass
class Cost:
    nanos: int = 0
    calls: int = 0
    billed_nanos: int = 0


@dataclass
class Accounting:
    """What landing must report for one file; the four outcomes add up to the lines."""

    lines: int = 0
    accepted: int = 0
    duplicate: int = 0
    conflict: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    late: int = 0
    accepted_by_kind: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Accounting") -> None:
        self.lines += other.lines
        self.accepted += other.accepted
        self.duplicate += other.duplicate
        self.conflict += other.conflict
        self.late += other.late
        self.quarantined.update(other.quarantined)
        self.accepted_by_kind.update(other.accepted_by_kind)

    def as_json(self) -> dict[str, Any]:
        return {
            "lines": self.lines,
            "accepted": self.accepted,
            "duplicate": self.duplicate,
            "conflict": self.conflict,
            "quarantined": dict(self.quarantined),
            "late": self.late,
            "accepted_by_kind": dict(self.accepted_by_kind),
        }


@dataclass
class Truth:
    """Grows by a few rows a day; nothing in it is a line of a log."""

    world: World
    plan: Plan
    files: list[dict[str, Any]] = field(default_factory=list)
    total: Accounting = field(default_factory=Accounting)
    days: list[dict[str, Any]] = field(default_factory=list)
    # day of the call -> (workspace, model) -> cost
    costs: dict[int, dict[tuple[int, int], Cost]] = field(default_factory=dict)
    satisfaction: dict[str, dict[str, list[int]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(lambda: [0, 0]))
    )
    regression_queries: list[int] = field(default_factory=lambda: [0, 0])  # before, after
    spike_blocks: int = 0
    late_lines: list[dict[str, Any]] = field(default_factory=list)
    excluded_sessions: list[list[str]] = field(default_factory=list)
    last_seen: Ints = field(init=False)
    active_days: Ints = field(init=False)

    def __post_init__(self) -> None:
        size = len(self.world.users.workspace)
        self.last_seen = np.full(size, -1, np.int64)
        self.active_days = np.zeros(size, np.int64)

    def add_file(self, name: str, accounting: Accounting) -> None:
        self.files.append({"name": name, **accounting.as_json()})
        self.total.add(accounting)

    def add_day(self, day: int, turns: Turns, charges: list[Charges], hidden: Bools) -> None:
        """`hidden`: queries of excluded people and sessions, which marts leave out."""
        self._count_days(day, turns, charges, hidden)
        self._count_satisfaction(turns)
        self._count_planted(day, turns)
        present = np.unique(turns.asks.user)
        self.last_seen[present] = day
        self.active_days[present] += 1

    def add_costs(self, charges: list[Charges]) -> None:
        for charge in charges:
            day = (charge.at_ms - self.world.start_ms) // DAY_MS
            keys, inverse = np.unique(
                np.column_stack([day, charge.workspace, charge.model]), axis=0, return_inverse=True
            )
            # Sums of floats would lose digits: nano-dollars are added as integers.
            nanos = np.zeros(len(keys), np.int64)
            np.add.at(nanos, inverse.ravel(), charge.nanos)
            calls = np.bincount(inverse.ravel(), minlength=len(keys))
            for (at, space, model), spent, number in zip(
                keys.tolist(), nanos.tolist(), calls.tolist(), strict=True
            ):
                cost = self.costs.setdefault(at, {}).setdefault((space, model), Cost())
                cost.nanos += spent
                cost.calls += number

    def _count_days(self, day: int, turns: Turns, charges: list[Charges], hidden: Bools) -> None:
        for space, workspace in enumerate(WORKSPACES):
            mask = turns.asks.workspace == space
            if not mask.any():
                continue
            self.days.append(
                {
                    "day": day_text(self.world.start_ms + day * DAY_MS),
                    "workspace": workspace.name,
                    **_measures(turns, charges, mask),
                    "excluded": _measures(turns, charges, mask & hidden),
                }
            )

    def _count_satisfaction(self, turns: Turns) -> None:
        asks = turns.asks
        prompts = np.char.add(np.array(PROMPT_NAMES)[asks.surface], ":")
        for name, labels in (
            ("prompt_version", np.char.add(prompts, turns.prompt)),
            ("model", np.array([model.name for model in MODELS])[turns.model]),
            ("surface", np.array(SURFACES)[asks.surface]),
            ("topic", np.array([topic.topic_id for topic in TOPICS])[asks.topic]),
            ("workspace", np.array([space.name for space in WORKSPACES])[asks.workspace]),
        ):
            values, inverse = np.unique(labels, return_inverse=True)
            asked = np.bincount(inverse)
            happy = np.bincount(inverse, weights=turns.satisfied)
            for value, count, satisfied in zip(values, asked, happy, strict=True):
                sums = self.satisfaction[name][str(value)]
                sums[0] += int(count)
                sums[1] += int(satisfied)

    def _count_planted(self, day: int, turns: Turns) -> None:
        """How much of an event reached the logs; a tiny run may hold too little to see it."""
        segment = (turns.model == planned.REGRESSION_MODEL) & (turns.llm_ms > 0)
        segment &= turns.asks.surface == planned.REGRESSION_SURFACE
        self.regression_queries[day >= self.plan.regression_day] += int(segment.sum())
        if day in self.plan.spike_days:
            self.spike_blocks += int((turns.status == BLOCKED).sum())
        in_trial = turns.prompt == "v4"
        if in_trial.any():
            chat = turns.asks.surface == CHAT
            for arm, mask in (("treatment", in_trial), ("control", chat & ~in_trial)):
                sums = self.satisfaction["experiment_arm"][arm]
                sums[0] += int(mask.sum())
                sums[1] += int((mask & turns.satisfied).sum())

    def as_json(self, *, gzip: bool) -> dict[str, Any]:
        world = self.world
        return {
            "version": 1,
            "seed": world.seed,
            "days": world.days,
            "queries_per_day": world.queries_per_day,
            "start": day_text(world.start_ms),
            "clean": self.plan.clean,
            "gzip": gzip,
            "files": self.files,
            "totals": self.total.as_json(),
            "day_totals": self.days,
            "costs": self._cost_rows(),
            "planted": self._planted(),
            "omitted": self._omitted(),
            "late_lines": self.late_lines,
            "privacy": self._privacy(),
            "satisfaction": {
                name: {
                    value: {"queries": sums[0], "satisfied": sums[1]}
                    for value, sums in sorted(groups.items())
                }
                for name, groups in sorted(self.satisfaction.items())
            },
            "preferences": self._preferences(),
            "prices": _price_rows(self.plan),
            "topics": {topic.topic_id: topic.coverage for topic in TOPICS},
            "technical_terms": list(TECHNICAL_TERMS),
        }

    def _cost_rows(self) -> list[dict[str, Any]]:
        return [
            {
                "day": day_text(self.world.start_ms + day * DAY_MS),
                "workspace": WORKSPACES[space].name,
                "provider": MODELS[model].provider,
                "model": MODELS[model].name,
                "calls": cost.calls,
                "cost_nanos": cost.nanos,
                "billed_nanos": cost.billed_nanos,
            }
            for day, costs in sorted(self.costs.items())
            for (space, model), cost in sorted(costs.items())
        ]

    def _churned(self) -> Ints:
        """People who came on several days and then left for good, well before the end."""
        quiet = self.world.days - 1 - self.last_seen >= _CHURN_QUIET_DAYS
        left = self.world.users.leaves < self.world.days
        return np.flatnonzero(quiet & left & (self.active_days >= _CHURN_ACTIVE_DAYS))

    def _planted(self) -> dict[str, Any]:
        events = planned.planted(self.plan)
        if "latency_regression" in events:
            before, after = self.regression_queries
            events["latency_regression"] |= {"queries_before": before, "queries_after": after}
        if "safety_spike" in events:
            events["safety_spike"]["blocked"] = self.spike_blocks
        if "bill_discrepancy" in events:
            cost = self._discrepancy()
            if cost is None:
                del events["bill_discrepancy"]
            else:
                events["bill_discrepancy"] |= {
                    "cost_nanos": cost.nanos,
                    "billed_nanos": cost.billed_nanos,
                }
        if self._churned().size:
            events["churners"] = self._churners()
        return events

    def _discrepancy(self) -> Cost | None:
        key = (planned.DISCREPANCY_WORKSPACE, planned.DISCREPANCY_MODEL)
        return self.costs.get(self.plan.discrepancy_day, {}).get(key)

    def _churners(self) -> list[dict[str, str]]:
        churned = self._churned()
        return [
            {
                "user_id": name,
                "workspace": WORKSPACES[self.world.users.workspace[user]].name,
                "last_day": day_text(self.world.start_ms + int(self.last_seen[user]) * DAY_MS),
            }
            for user, name in zip(churned.tolist(), user_ids(self.world, churned), strict=True)
        ]

    def _omitted(self) -> dict[str, str]:
        omitted = dict(self.plan.omitted)
        if self.plan.discrepancy_day < NEVER and self._discrepancy() is None:
            omitted["bill_discrepancy"] = "the model was not used in that workspace on that day"
        if not self._churned().size:
            omitted["churners"] = "nobody came on three days and then stayed away for seven"
        return omitted

    def _privacy(self) -> dict[str, Any]:
        spaces = self.world.users.workspace

        def people(users: Ints) -> list[list[str]]:
            names = user_ids(self.world, users)
            return [
                [WORKSPACES[space].name, name]
                for space, name in zip(spaces[users].tolist(), names, strict=True)
            ]

        return {
            "excluded_users": people(self.world.excluded),
            "readmitted_users": people(self.world.readmitted),
            "excluded_sessions": self.excluded_sessions,
        }

    def _preferences(self) -> dict[str, Any]:
        """By workspace and user, of those who were seen; no preference, no entry."""
        seen = np.flatnonzero(self.active_days > 0)[:PREFERENCE_USERS_MAX]
        users: dict[str, dict[str, dict[str, str]]] = {space.name: {} for space in WORKSPACES}
        for space, name, row in zip(
            self.world.users.workspace[seen].tolist(),
            user_ids(self.world, seen),
            self.world.users.preferences[seen].tolist(),
            strict=True,
        ):
            users[WORKSPACES[space].name][name] = {
                f"{SURFACES[setting.surface]}.{setting.name}": setting.choices[choice]
                for setting, choice in zip(SETTINGS, row, strict=True)
                if choice != NO_PREFERENCE
            }
        return {"strength": PREFERENCE_STRENGTH, "users": users}


def _measures(turns: Turns, charges: list[Charges], mask: Bools) -> dict[str, Any]:
    """Sums over queries that began on the day, with all calls that belong to them."""
    statuses = np.bincount(turns.status[mask], minlength=len(STATUSES)).tolist()
    return {
        "queries": int(mask.sum()),
        **dict(zip(STATUSES, statuses, strict=True)),
        "refused": int(((turns.refused | (turns.status == BLOCKED)) & mask).sum()),
        "cache_hits": int(((turns.cache != NO_CACHE) & mask).sum()),
        "truncated": int(((turns.truncated > 0) & mask).sum()),
        "sessions": len(np.unique(turns.asks.session[mask])),
        "users": len(np.unique(turns.asks.user[mask])),
        "true_satisfied": int((turns.satisfied & mask).sum()),
        "cost_nanos": {
            charge.call_type: int(charge.nanos[mask[charge.query]].sum()) for charge in charges
        },
        "tokens": {
            charge.call_type: dict(
                zip(_TOKENS, charge.tokens[mask[charge.query]].sum(axis=0).tolist(), strict=True)
            )
            for charge in charges
            if charge.tokens.any()
        },
    }


def _price_rows(plan: Plan) -> list[dict[str, Any]]:
    """Nano-dollars a token or a request, with the instant from which each price holds."""
    rows = [
        {
            "provider": model.provider,
            "model": model.name,
            "from": None,
            **dict(zip(_PRICES, price_row(index), strict=True)),
        }
        for index, model in enumerate(MODELS)
    ]
    cut = MODELS[CUT_MODEL]
    rows.append(
        {
            "provider": cut.provider,
            "model": cut.name,
            "from": stamp(plan.price_cut_ms),
            **dict(zip(_PRICES, CUT_TO, strict=True)),
        }
    )
    return rows
