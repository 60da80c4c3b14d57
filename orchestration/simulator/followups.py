"""What comes after an answer: ratings, product events, scores by a judge, and how sessions end."""

from collections.abc import Iterator

import numpy as np

from orchestration.simulator import texts
from orchestration.simulator.calls import charge_of, cost_lines
from orchestration.simulator.daylog import DayLog
from orchestration.simulator.knowledge import TOPICS
from orchestration.simulator.lines import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    Bools,
    Evaluation,
    Feedback,
    Ints,
    Outcome,
    Usage,
    stamps,
)
from orchestration.simulator.plan import Plan
from orchestration.simulator.shared import Charges, Common
from orchestration.simulator.turns import OK, Turns
from orchestration.simulator.world import (
    CHAT,
    CONTENT,
    FEATURES,
    MINI,
    NO_PREFERENCE,
    PICTURES,
    SETTINGS,
    SURFACES,
    WORKSPACES,
    World,
)

_ASK_SHARES = np.array([space.ask_share for space in WORKSPACES])
_REASONS_BAD = ("wrong", "incomplete", "off_topic", "too_slow", "tone")
_REASONS_GOOD = ("clear", "complete", "fast")
_SEVERITIES = ("low", "medium", "high", "critical")
_RESOLUTIONS = ("open", "fixed", "dismissed")


def write_followups(
    log: DayLog, world: World, plan: Plan, turns: Turns, shared: Common, rng: np.random.Generator
) -> list[Charges]:
    _write_feedback(log, turns, shared, rng)
    _write_implicit(log, turns, shared)
    _write_usage(log, world, turns, shared, rng)
    _write_outcomes(log, turns, shared, rng)
    return [_write_scores(log, plan, turns, shared, rng)]


def _write_feedback(log: DayLog, turns: Turns, shared: Common, rng: np.random.Generator) -> None:
    """Few bother, the unhappy more than the happy; being asked helps."""
    size = turns.size
    unasked = rng.random(size) < np.where(turns.satisfied, 0.022, 0.085)
    asked = ~unasked & (rng.random(size) < _ASK_SHARES[turns.asks.workspace])
    replied = asked & (rng.random(size) < np.where(turns.satisfied, 0.2, 0.42))
    at = np.flatnonzero(unasked | asked)
    asked_ms = shared.ends_ms[at] + 2_000
    slow = rng.random(len(at)) < 0.05  # some answer a mail, days later
    delay = np.where(slow, rng.uniform(0.5, 3.0, len(at)) * DAY_MS, rng.lognormal(10.2, 0.8, len(at)))
    silent = (asked & ~replied)[at]
    said_ms = asked_ms + np.where(silent, HOUR_MS, delay).astype(np.int64)
    log.add_later(
        said_ms, _feedback_lines(turns, shared, at, asked[at], silent, asked_ms, said_ms, rng)
    )
    regrets = np.flatnonzero(~silent & (rng.random(len(at)) < 0.03))
    changed_ms = said_ms[regrets] + 5 * MINUTE_MS
    log.add_later(changed_ms, _second_thoughts(shared, at[regrets], changed_ms))


def _feedback_lines(
    turns: Turns,
    shared: Common,
    queries: Ints,
    asked: Bools,
    silent: Bools,
    asked_ms: Ints,
    said_ms: Ints,
    rng: np.random.Generator,
) -> Iterator[Feedback]:
    offsets = shared.offsets[queries]
    columns = (
        queries.tolist(),
        stamps(said_ms, offsets),
        stamps(asked_ms, offsets),
        asked.tolist(),
        silent.tolist(),
        turns.satisfied[queries].tolist(),
        turns.asks.surface[queries].tolist(),
        _ASK_SHARES[turns.asks.workspace[queries]].tolist(),
        rng.integers(0, 1 << 20, len(queries)).tolist(),
    )
    for at, ts, asked_at, was_asked, is_silent, happy, surface, share, pick in zip(
        *columns, strict=True
    ):
        kind = _type_of(surface, pick, happy=happy)
        line = Feedback(
            event_id=f"{shared.ids[at]}-f",
            ts=ts,
            workspace=shared.workspaces[at],
            session_id=shared.sessions[at],
            user_id=shared.users[at],
            query_id=shared.ids[at],
            type=("thumb" if surface == CHAT else "stars") if is_silent else kind,
            solicited=was_asked,
            asked_at=asked_at if was_asked else None,
            ask_probability=share if was_asked else None,
            answered=False if is_silent else None if pick % 2 else True,
        )
        if not is_silent:
            _fill(line, pick, happy=happy)
        yield line


def _type_of(surface: int, pick: int, *, happy: bool) -> str:
    draw = pick % 100
    if draw < 70:
        return "thumb" if surface == CHAT else "stars"
    if happy or draw < 85:
        return "text"
    return "flag" if draw < 94 else "correction"


def _fill(line: Feedback, pick: int, *, happy: bool) -> None:
    """What the person says, by type of signal."""
    nth = pick // 100
    if line.type == "thumb":
        line.value = 1 if happy else -1
    elif line.type == "stars":
        line.value = (4, 5, 5)[nth % 3] if happy else (1, 2, 3, 2)[nth % 4]
    elif line.type == "text":
        comments = texts.COMMENTS_GOOD if happy else texts.COMMENTS_BAD
        line.comment = comments[nth % len(comments)]
    elif line.type == "flag":
        line.severity = _SEVERITIES[min(3, nth % 7)]
        line.resolution = _RESOLUTIONS[nth % 3]
    else:
        line.correction = "It should say: the setting is under Device, not under Energy."
    if nth % 3 == 0:
        reasons = _REASONS_GOOD if happy else _REASONS_BAD
        line.reasons = [reasons[nth % len(reasons)]]


def _second_thoughts(shared: Common, queries: Ints, at_ms: Ints) -> Iterator[Feedback]:
    for at, ts in zip(queries.tolist(), stamps(at_ms, shared.offsets[queries]), strict=True):
        yield Feedback(
            event_id=f"{shared.ids[at]}-f2",
            ts=ts,
            workspace=shared.workspaces[at],
            user_id=shared.users[at],
            query_id=shared.ids[at],
            type="stars",
            value=3,
            supersedes=f"{shared.ids[at]}-f",
        )


def _write_implicit(log: DayLog, turns: Turns, shared: Common) -> None:
    """Asking again says that the first answer did not help."""
    retries = np.flatnonzero(turns.asks.is_retry)
    at_ms = turns.at_ms[retries]

    def lines() -> Iterator[Feedback]:
        for at, ts in zip(retries.tolist(), stamps(at_ms, shared.offsets[retries]), strict=True):
            yield Feedback(
                event_id=f"{shared.ids[at]}-i",
                ts=ts,
                workspace=shared.workspaces[at],
                session_id=shared.sessions[at],
                user_id=shared.users[at],
                query_id=shared.ids[at - 1],
                type="implicit",
                value=-0.5,
                reasons=["regenerated"],
                solicited=False,
            )

    log.add(at_ms, lines())


def _write_usage(
    log: DayLog, world: World, turns: Turns, shared: Common, rng: np.random.Generator
) -> None:
    asks = turns.asks
    opened = asks.turn == 1
    copied = (turns.status == OK) & (rng.random(turns.size) < np.where(turns.satisfied, 0.3, 0.06))
    creative = asks.surface >= CONTENT
    shown = creative & opened
    clicked = shown & (rng.random(turns.size) < 0.35)
    preferred = world.users.preferences[asks.user]
    surfaces = np.array([setting.surface for setting in SETTINGS])
    differs = (preferred != NO_PREFERENCE) & (turns.settings != preferred)
    differs &= surfaces == asks.surface[:, None]
    overridden = differs.any(axis=1) & (rng.random(turns.size) < 0.3)
    changed = [SETTINGS[i].name for i in differs.argmax(axis=1).tolist()]
    for mask, action, feature, at_ms in (
        (opened, "open", None, turns.at_ms - 1_500),
        (copied, "copy", None, shared.ends_ms + 8_000),
        (shown, "shown", "templates", turns.at_ms - 1_000),
        (clicked, "click", "templates", turns.at_ms - 400),
        (overridden, "override_default", "preferences", turns.at_ms - 200),
    ):
        at = np.flatnonzero(mask)
        lines = _usage_lines(turns, shared, at, action, feature, at_ms[at], changed)
        log.add_later(at_ms[at], lines)


def _usage_lines(
    turns: Turns,
    shared: Common,
    queries: Ints,
    action: str,
    feature: str | None,
    at_ms: Ints,
    changed: list[str],
) -> Iterator[Usage]:
    for at, ts, surface, nth in zip(
        queries.tolist(),
        stamps(at_ms, shared.offsets[queries]),
        turns.asks.surface[queries].tolist(),
        turns.asks.feature[queries].tolist(),
        strict=True,
    ):
        yield Usage(
            event_id=f"{shared.ids[at]}-{action}",
            ts=ts,
            workspace=shared.workspaces[at],
            session_id=shared.sessions[at],
            user_id=shared.users[at],
            feature=feature or FEATURES[surface][nth],
            action=action,
            surface=SURFACES[surface],
            attributes={"setting": changed[at]} if action == "override_default" else None,
        )


def _write_outcomes(log: DayLog, turns: Turns, shared: Common, rng: np.random.Generator) -> None:
    for target, names, index, share in (
        ("session", shared.sessions, turns.asks.session, 0.7),
        ("task", shared.tasks, shared.task, 0.8),
    ):
        starts = np.flatnonzero(np.diff(index, prepend=-1) != 0)
        counts = np.diff(np.append(starts, turns.size))
        happy = np.add.reduceat(turns.satisfied.astype(np.int64), starts) / counts
        first_ms = np.minimum.reduceat(turns.at_ms, starts)
        last_ms = np.maximum.reduceat(shared.ends_ms, starts)
        draws = rng.random((3, len(starts)))
        logged = np.flatnonzero(draws[0] < share)
        # 0 success, then failure, escalated, abandoned
        success = draws[1] < 0.08 + 0.86 * happy
        result = np.where(success, 0, 1 + (draws[2] * 3).astype(np.int64))
        ended_ms = last_ms + 30 * MINUTE_MS
        rows = np.column_stack([starts, counts, last_ms - first_ms, result])[logged]
        score = (2.2 + 2.6 * happy + rng.normal(0, 0.3, len(starts))).clip(1, 5).round(1)[logged]
        times = ended_ms[logged]
        log.add_later(
            times,
            _outcome_lines(target, names, shared, rows, score.tolist(), times),
        )


_RESULTS = ("success", "failure", "escalated", "abandoned")


def _outcome_lines(
    target: str, names: list[str], shared: Common, rows: Ints, scores: list[float], times: Ints
) -> Iterator[Outcome]:
    stamped = stamps(times, shared.offsets[rows[:, 0]])
    for (at, count, duration, result), score, ts in zip(rows.tolist(), scores, stamped, strict=True):
        is_task = target == "task"
        reviewed = is_task and at % 3 == 0
        yield Outcome(
            event_id=f"{names[at]}-end",
            ts=ts,
            workspace=shared.workspaces[at],
            session_id=None if is_task else names[at],
            task_id=names[at] if is_task else None,
            user_id=shared.users[at],
            target_type=target,
            target_id=names[at],
            result=_RESULTS[result],
            value=95.0 if is_task and result == 0 and at % 40 == 0 else None,
            tags=["saved_visit"] if is_task and result == 0 and at % 40 == 0 else None,
            duration_ms=duration,
            iterations=count,
            quality={"review_score": score, "test_coverage": round(score / 5, 3)} if reviewed else None,
        )


def _write_scores(
    log: DayLog, plan: Plan, turns: Turns, shared: Common, rng: np.random.Generator
) -> Charges:
    """A judge scores a sample of answers, a person a few of these; both see the truth dimly."""
    judged = (turns.status == OK) & (turns.asks.surface < PICTURES)
    at = np.flatnonzero(judged & (rng.random(turns.size) < 0.05))
    at_ms = shared.ends_ms[at] + rng.integers(60_000, 600_000, len(at))
    tokens = np.column_stack(
        [turns.output[at] + 800, at * 0, at * 0, 60 + turns.asks.phrase[at] % 80, at * 0]
    )
    model = at * 0 + MINI
    charge = charge_of(plan, "judge", at, turns.asks.workspace[at], at_ms, model, tokens)
    log.add(at_ms, cost_lines(charge, shared, "j", rng))
    for evaluator, version, suffix, noise, every in (
        ("judge-mini", "3", "j", 0.18, 1),
        ("reviewer", "1", "h", 0.10, 12),
    ):
        part = np.arange(0, len(at), every)
        spread = rng.normal(0.0, noise, (len(part), 3))
        scores = (turns.quality[at[part]][:, None] + spread).clip(0, 1).round(3)
        log.add_later(
            at_ms[part],
            _score_lines(turns, shared, at[part], (evaluator, version, suffix), scores, at_ms[part]),
        )
    return charge


def _score_lines(
    turns: Turns,
    shared: Common,
    queries: Ints,
    names: tuple[str, str, str],
    scores: object,
    at_ms: Ints,
) -> Iterator[Evaluation]:
    evaluator, version, suffix = names
    topics = turns.asks.topic[queries].tolist()
    for at, ts, row, topic in zip(
        queries.tolist(),
        stamps(at_ms, shared.offsets[queries]),
        np.asarray(scores).tolist(),
        topics,
        strict=True,
    ):
        is_person = suffix == "h"
        yield Evaluation(
            event_id=f"{shared.ids[at]}-{suffix}",
            ts=ts,
            workspace=shared.workspaces[at],
            target_type="query",
            target_id=shared.ids[at],
            evaluator=evaluator,
            evaluator_version=version,
            metrics={"faithfulness": row[0], "relevance": row[1], "completeness": row[2]},
            label=("good" if row[0] > 0.6 else "bad") if is_person else None,
            judge_cost_event_id=None if is_person else f"{shared.ids[at]}-j",
            explanation=f"Compared with the pages on {TOPICS[topic].title.lower()}.",
        )
