"""Who asks when, and about what: the sessions of one day and the turns in them."""

from dataclasses import dataclass

import numpy as np

from orchestration.simulator.knowledge import TOPICS
from orchestration.simulator.lines import DAY_MS, MINUTE_MS, Bools, Floats, Ints
from orchestration.simulator.world import (
    CHAT,
    CONTENT,
    FEATURES,
    PICTURES,
    SURFACES,
    WORKSPACES,
    World,
)

_WEEK = np.array([1.12, 1.16, 1.15, 1.12, 1.05, 0.71, 0.69])  # mean 1: N queries a day on average
_HOURS = np.array(
    [2, 1, 1, 1, 1, 2, 5, 9, 13, 15, 15, 14, 12, 13, 14, 13, 12, 11, 12, 14, 14, 11, 7, 4], float
)
_TURNS_P = np.array([0.36, 0.42, 0.5, 0.6])  # of the geometric session length, by surface
_LONGEST = 24
OFFSETS = np.array([space.offset_minutes for space in WORKSPACES])


@dataclass(frozen=True)
class Sessions:
    user: Ints
    workspace: Ints
    surface: Ints
    start_ms: Ints
    turns: Ints


@dataclass(frozen=True)
class Asks:
    """One entry a query, in the order of sessions and turns."""

    session: Ints
    turn: Ints
    user: Ints
    workspace: Ints
    surface: Ints
    feature: Ints
    topic: Ints
    language: Ints
    think_ms: Floats  # after the last answer
    is_retry: Bools  # the last question again
    is_long: Bools
    is_technical: Bools
    is_several: Bools
    attachments: Ints
    complexity: Floats
    phrase: Ints


def draw_sessions(world: World, day: int, rng: np.random.Generator) -> Sessions:
    day_ms = world.start_ms + day * DAY_MS
    weekday = (day_ms // DAY_MS + 3) % 7  # 1970-01-01 was a Thursday
    users = _present(world, day, weekday, rng)
    mean_turns = 2.45
    count = max(1, int(rng.poisson(world.queries_per_day * _WEEK[weekday] / mean_turns)))
    weights = world.users.weight[users]
    user = np.sort(users[np.searchsorted(np.cumsum(weights), rng.random(count) * weights.sum())])
    surface = np.where(
        rng.random(count) < 0.8, world.users.home_surface[user], rng.integers(0, 4, count)
    )
    workspace = world.users.workspace[user]
    return Sessions(
        user=user,
        workspace=workspace,
        surface=surface,
        start_ms=day_ms + _starts(OFFSETS[workspace], rng),
        turns=np.minimum(rng.geometric(_TURNS_P[surface]), _LONGEST),
    )


def _present(world: World, day: int, weekday: int, rng: np.random.Generator) -> Ints:
    users = world.users
    alive = (users.arrives <= day) & (day < users.leaves)
    alive &= ~((users.pauses <= day) & (day < users.resumes))
    # People who are about to leave come less often before they do.
    fading = np.where(users.leaves - day <= 7, 0.5, 1.0)
    chance = users.daily * fading * (0.6 if weekday >= 5 else 1.0)
    chance = np.where(users.arrives == day, 1.0, chance)
    present = np.flatnonzero(alive & (rng.random(len(alive)) < chance))
    return present if len(present) else np.array([int(np.argmin(users.arrives))])


def _starts(offsets: Ints, rng: np.random.Generator) -> Ints:
    """Milliseconds into the UTC day, with the load of a local day."""
    hour = rng.choice(24, len(offsets), p=_HOURS / _HOURS.sum())
    local = (hour * 60 + rng.random(len(offsets)) * 60) * MINUTE_MS
    return ((local - offsets * MINUTE_MS) % DAY_MS).astype(np.int64)


def draw_asks(world: World, sessions: Sessions, rng: np.random.Generator) -> Asks:
    session = np.repeat(np.arange(len(sessions.user)), sessions.turns)
    size = len(session)
    first = np.concatenate([[0], np.cumsum(sessions.turns)[:-1]])
    turn = np.arange(size) - first[session] + 1
    surface = sessions.surface[session]
    topic, is_retry = _topics(sessions, session, turn, rng)
    has_images = np.isin(surface, (CHAT, CONTENT, PICTURES))
    # One latent difficulty makes hard questions hard in several ways at once.
    difficulty = rng.random(size)
    draws = rng.random((4, size))
    is_long = draws[0] < np.where(difficulty > 0.6, 0.3, 0.02)
    is_technical = draws[1] < np.where(difficulty > 0.4, 0.9, 0.12)
    is_several = draws[2] < np.where(difficulty > 0.4, 0.75, 0.1)
    attached = draws[3] < np.where(difficulty > 0.4, 0.8, 0.05)
    attachments = np.where(attached & has_images, rng.geometric(0.55, size).clip(1, 4), 0)
    complexity = 0.2 * is_long + 0.15 * is_technical + 0.2 * attachments + 0.1 * is_several
    complexity = np.minimum(1.0, complexity + 0.1 * (turn > 1)).round(2)
    features = np.array([len(names) for names in FEATURES])
    return Asks(
        session=session,
        turn=turn,
        user=sessions.user[session],
        workspace=sessions.workspace[session],
        surface=surface,
        feature=(rng.random(size) ** 1.6 * features[surface]).astype(np.int64),
        topic=topic,
        language=world.users.language[sessions.user[session]],
        think_ms=rng.lognormal(10.6, 0.9, size),
        is_retry=is_retry,
        is_long=is_long,
        is_technical=is_technical,
        is_several=is_several,
        attachments=attachments,
        complexity=complexity,
        phrase=rng.integers(0, 1 << 30, size),
    )


def _topics(
    sessions: Sessions, session: Ints, turn: Ints, rng: np.random.Generator
) -> tuple[Ints, Bools]:
    """A session has a subject; one turn in five leaves it, some repeat the question."""
    size = len(session)
    subject = np.empty(len(sessions.user), np.int64)
    strayed = np.empty(size, np.int64)
    for surface in range(len(SURFACES)):
        ids, shares = _popularity(surface)
        mask = sessions.surface == surface
        subject[mask] = rng.choice(ids, int(mask.sum()), p=shares)
        mask = sessions.surface[session] == surface
        strayed[mask] = rng.choice(ids, int(mask.sum()), p=shares)
    topic = np.where(rng.random(size) < 0.2, strayed, subject[session])
    is_retry = (turn > 1) & (rng.random(size) < 0.06)
    again = np.flatnonzero(is_retry)
    topic[again] = topic[again - 1]
    return topic, is_retry


def _popularity(surface: int) -> tuple[Ints, Floats]:
    ids = [i for i, topic in enumerate(TOPICS) if topic.surface == SURFACES[surface]]
    shares = np.array([1.0 if TOPICS[i].coverage == "covered" else 0.35 for i in ids]) / np.sqrt(
        np.arange(1, len(ids) + 1)
    )
    return np.array(ids), shares / shares.sum()
