"""Lines that no query causes: the knowledge base, changes, decisions, orders, invoices, audit."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from orchestration.simulator import plan as planned
from orchestration.simulator.daylog import DayLog
from orchestration.simulator.knowledge import TOPICS
from orchestration.simulator.lines import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    Audit,
    Bill,
    Change,
    Decision,
    Document,
    Line,
    Metric,
    Privacy,
    day_text,
    stamp,
    usd,
)
from orchestration.simulator.plan import FILLED_TOPIC, NEVER, Plan
from orchestration.simulator.shared import Common, chunk_id
from orchestration.simulator.traffic import OFFSETS
from orchestration.simulator.truth import Truth
from orchestration.simulator.turns import Turns
from orchestration.simulator.world import MODELS, WORKSPACES, World, user_ids

_UPDATED_TOPIC = 6  # its pages get a second version when the index changes
_ACTIONS = (
    ("login", "session", "success"),
    ("deployments.approve", "deployment", "success"),
    ("prompt.edit", "prompt", "success"),
    ("export.run", "export", "denied"),
    ("role.grant", "member", "success"),
    ("login", "session", "failure"),
)


def write_household(
    log: DayLog,
    world: World,
    plan: Plan,
    day: int,
    turns: Turns,
    shared: Common,
    truth: Truth,
    rng: np.random.Generator,
) -> None:
    start_ms = world.start_ms + day * DAY_MS
    for space in range(len(WORKSPACES)):
        for at_ms, line in _pages(plan, day, space, start_ms):
            log.add([at_ms], [line])
        for at_ms, line in _changes(plan, day, space, start_ms):
            log.add([at_ms], [line])
    for at_ms, line in _decisions(plan, day, start_ms):
        log.add([at_ms], [line])
    for at_ms, line in _orders(world, day, start_ms):
        log.add([at_ms], [line])
    _write_session_order(log, world, day, turns, shared, truth)
    _write_metrics(log, start_ms, rng)
    _write_audit(log, world, start_ms, rng)
    if day:
        _write_bills(log, plan, truth, day - 1, start_ms + 6 * HOUR_MS)
    if day == world.days - 1:
        # The last invoices come with the last file, also for calls that ended past midnight.
        _write_bills(log, plan, truth, day, start_ms + DAY_MS + HOUR_MS)
        _write_bills(log, plan, truth, day + 1, start_ms + DAY_MS + 2 * HOUR_MS)


def _timed(space: int, at_ms: int) -> dict[str, Any]:
    return {
        "ts": stamp(at_ms, int(OFFSETS[space])),
        "workspace": WORKSPACES[space].name,
    }


def _pages(plan: Plan, day: int, space: int, start_ms: int) -> Iterator[tuple[int, Line]]:
    for topic, (version, change) in _page_events(plan, day):
        collection = "help-pages" if TOPICS[topic].surface == "chat" else "style-guide"
        for fact, text in enumerate(TOPICS[topic].facts):
            at_ms = start_ms + MINUTE_MS + fact
            yield (
                at_ms,
                Document(
                    event_id=f"{chunk_id(topic, fact)}@{version}",
                    **_timed(space, at_ms),
                    doc_id=planned.doc_id(topic),
                    chunk_id=chunk_id(topic, fact),
                    version=version,
                    collection=collection,
                    title=TOPICS[topic].title,
                    change=change,
                    text=f"{text} Updated this spring." if change == "updated" else text,
                ),
            )


def _page_events(plan: Plan, day: int) -> Iterator[tuple[int, tuple[str, str]]]:
    if day == 0:
        for topic, known in enumerate(TOPICS):
            if known.coverage == "covered":
                yield topic, ("1", "added")
    if day == plan.article_day:
        yield FILLED_TOPIC, ("1", "added")
    if day == plan.index_day:
        yield _UPDATED_TOPIC, ("2", "updated")


def _changes(plan: Plan, day: int, space: int, start_ms: int) -> Iterator[tuple[int, Line]]:
    at_ms = start_ms + 2_000
    release, before = planned.release_of(plan, day), planned.release_of(plan, day - 1)
    steps: list[tuple[str, str, str, str | None]] = []
    if day == 0 or release != before:
        steps.append(("release", "assistant", release, before if day else None))
    if day == plan.prompt_from:
        steps.append(("prompt", "chat-answer", "v4", "v3"))
    if day == plan.prompt_until:
        steps.append(("prompt", "chat-answer", "v3", "v4"))
    if day == plan.index_day:
        steps.append(("index", "help-pages", "idx-2", "idx-1"))
    for what, name, version, previous in steps:
        yield (
            at_ms,
            Change(
                event_id=f"{what}-{version}-{day}",
                **_timed(space, at_ms),
                what=what,
                name=name,
                version=version,
                previous=previous,
                detail={"share": 0.5} if version == "v4" else None,
            ),
        )


def _decisions(plan: Plan, day: int, start_ms: int) -> Iterator[tuple[int, Line]]:
    """Findings are opened on the first day; those that were planted are followed to their end."""
    steps: list[tuple[str, str, str, int, str | None]] = []
    if day == 0:
        for topic in TOPICS:
            if topic.coverage != "covered":
                steps.append(("gap", f"gap-{topic.topic_id}", "open", 10, None))
    gap, page = f"gap-{TOPICS[FILLED_TOPIC].topic_id}", planned.doc_id(FILLED_TOPIC)
    if day == plan.article_day - 1:
        steps.append(("gap", gap, "acknowledge", 11, None))
        steps.append(("article", page, "draft", 15, gap))
    if day == plan.article_day:
        steps.append(("article", page, "publish", 0, gap))
        steps.append(("gap", gap, "resolve", 1, page))
    if day == plan.regression_day + 1:
        steps.append(("alert", "latency-chat", "open", 8, None))
        steps.append(("alert", "latency-chat", "acknowledge", 9, None))
    if day == plan.prompt_from:
        steps.append(("prompt", "chat-answer:v4", "open", 0, None))
    if day == plan.prompt_until:
        steps.append(("prompt", "chat-answer:v4", "dismiss", 0, "chat-answer:v3"))
    for object_type, object_id, decision, hour, related in steps:
        at_ms = start_ms + hour * HOUR_MS + 90_000
        yield (
            at_ms,
            Decision(
                event_id=f"{object_type}-{object_id}-{decision}",
                **_timed(0, at_ms),
                object_type=object_type,
                object_id=object_id,
                decision=decision,
                actor="editor-1",
                related_id=related,
                note="Seen in the weekly review." if decision == "acknowledge" else None,
            ),
        )


def exclusion_day(world: World, nth: int) -> int:
    return (3 * nth + 1) % world.days


def _orders(world: World, day: int, start_ms: int) -> Iterator[tuple[int, Line]]:
    steps: list[tuple[str, int, int]] = [
        ("exclude", user, 14)
        for nth, user in enumerate(world.excluded.tolist())
        if exclusion_day(world, nth) == day
    ]
    if day == 0:
        steps += [("exclude", user, 10) for user in world.readmitted.tolist()]
    if day == world.days - 1:
        steps += [("include", user, 16) for user in world.readmitted.tolist()]
    for order, user, hour in steps:
        at_ms = start_ms + hour * HOUR_MS
        space = int(world.users.workspace[user])
        name = user_ids(world, np.array([user]))[0]
        yield (
            at_ms,
            Privacy(
                event_id=f"{order}-{name}-{day}",
                **_timed(space, at_ms),
                order=order,
                scope="user",
                target_id=name,
                actor=name,
            ),
        )


def excluded_session(world: World, day: int, turns: Turns) -> int:
    """Every third day somebody takes out the longest session of the day; else -1."""
    if day % 3 != 1:
        return -1
    free = ~np.isin(turns.asks.user, np.concatenate([world.excluded, world.readmitted]))
    if not free.any():
        return -1
    longest = int(np.argmax(np.where(free, turns.asks.turn, 0)))
    return int(turns.asks.session[longest])


def _write_session_order(
    log: DayLog, world: World, day: int, turns: Turns, shared: Common, truth: Truth
) -> None:
    session = excluded_session(world, day, turns)
    if session < 0:
        return
    last = int(np.flatnonzero(turns.asks.session == session)[-1])
    at_ms = int(shared.ends_ms[last]) + 10 * MINUTE_MS
    space = int(turns.asks.workspace[last])
    order = Privacy(
        event_id=f"exclude-{shared.sessions[last]}",
        **_timed(space, at_ms),
        order="exclude",
        scope="session",
        target_id=shared.sessions[last],
        actor=shared.users[last],
    )
    log.add([at_ms], [order])
    truth.excluded_sessions.append([WORKSPACES[space].name, shared.sessions[last]])


def _write_metrics(log: DayLog, start_ms: int, rng: np.random.Generator) -> None:
    depth = rng.poisson(4.0, 24).tolist()
    took = rng.lognormal(8.0, 0.5, 24).round(1).tolist()
    for hour in range(24):
        at_ms = start_ms + hour * HOUR_MS
        common = _timed(0, at_ms)
        tags = {"queue": "insight"}
        for name, value, unit in (
            ("queue_depth", float(depth[hour]), "jobs"),
            ("insight_job_duration", took[hour], "ms"),
        ):
            line = Metric(
                event_id=f"{name}-{at_ms}", **common, name=name, value=value, unit=unit, tags=tags
            )
            log.add([at_ms], [line])


def _write_audit(log: DayLog, world: World, start_ms: int, rng: np.random.Generator) -> None:
    count = 4 + world.queries_per_day // 500
    at = np.sort(rng.integers(7 * HOUR_MS, 19 * HOUR_MS, count)) + start_ms
    for nth, (at_ms, pick) in enumerate(
        zip(at.tolist(), rng.integers(0, 1 << 20, count).tolist(), strict=True)
    ):
        action, object_type, outcome = _ACTIONS[pick % len(_ACTIONS)]
        line = Audit(
            event_id=f"a{day_text(start_ms)}-{nth}",
            **_timed(pick % len(WORKSPACES), at_ms),
            actor=f"staff-{pick % 17}",
            action=action,
            object_type=object_type,
            object_id=f"{object_type}-{pick % 97}",
            outcome=outcome,
            ip=f"192.0.2.{pick % 250 + 1}",  # a range reserved for examples
            detail={"client": "console"},
        )
        log.add([at_ms], [line])


def _write_bills(log: DayLog, plan: Plan, truth: Truth, day: int, at_ms: int) -> None:
    """One line a workspace, provider and model: what the calls of the day cost, to the digit."""
    for (space, model), cost in sorted(truth.costs.get(day, {}).items()):
        planted = (
            plan.discrepancy_day < NEVER
            and day == plan.discrepancy_day
            and (space, model) == (planned.DISCREPANCY_WORKSPACE, planned.DISCREPANCY_MODEL)
        )
        over, under = planned.DISCREPANCY if planted else (1, 1)
        cost.billed_nanos = cost.nanos * over // under
        name = MODELS[model].name
        day_name = day_text(plan.start_ms + day * DAY_MS)
        line = Bill(
            event_id=f"bill-{day_name}-{name}",
            **_timed(space, at_ms),
            provider=MODELS[model].provider,
            model=name,
            day=day_name,
            amount=usd(cost.billed_nanos),
            currency="USD",
            units={"calls": cost.calls},
        )
        log.add([at_ms], [line])
