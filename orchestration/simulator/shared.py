"""What the lines of a query have in common: its ids, its clock, and what its calls cost."""

from dataclasses import dataclass

import numpy as np

from orchestration.simulator import plan as planned
from orchestration.simulator.lines import (
    Ints,
    day_text,
    named,
)
from orchestration.simulator.plan import Plan
from orchestration.simulator.traffic import OFFSETS
from orchestration.simulator.turns import (
    Turns,
)
from orchestration.simulator.world import (
    MODELS,
    WORKSPACES,
    World,
    user_ids,
)

WORKSPACE_NAMES = [space.name for space in WORKSPACES]
PROVIDER_NAMES = [model.provider for model in MODELS]
MODEL_NAMES = [model.name for model in MODELS]


@dataclass(frozen=True)
class Common:
    """What most lines of a query share."""

    release: str
    index_version: str
    ids: list[str]
    workspaces: list[str]
    offsets: Ints
    users: list[str]
    sessions: list[str]
    tasks: list[str]
    task: Ints
    ends_ms: Ints


@dataclass(frozen=True)
class Charges:
    """What was billed, one entry a call; `query` is the row of its query, or of the judged one."""

    call_type: str
    query: Ints
    workspace: Ints
    at_ms: Ints
    model: Ints
    nanos: Ints
    tokens: Ints  # call x (input, cache read, cache write, output, reasoning)


def common_columns(
    world: World, plan: Plan, day: int, turns: Turns, rng: np.random.Generator
) -> Common:
    asks = turns.asks
    tag = f"{world.seed:x}-{day_text(int(turns.at_ms[0]))[2:].replace('-', '')}"
    # Tasks span sessions of one person; a session may start another task half-way.
    starts = np.diff(asks.user, prepend=-1) != 0
    starts |= (asks.turn == 1) & (rng.random(turns.size) < 0.6)
    starts |= rng.random(turns.size) < 0.06
    task = np.cumsum(starts) - 1
    return Common(
        release=planned.release_of(plan, day),
        index_version="idx-2" if day >= plan.index_day else "idx-1",
        ids=[f"q{tag}-{n:x}" for n in range(turns.size)],
        workspaces=named(WORKSPACE_NAMES, asks.workspace),
        offsets=OFFSETS[asks.workspace],
        users=user_ids(world, asks.user),
        sessions=[f"s{tag}-{n:x}" for n in asks.session.tolist()],
        tasks=[f"t{tag}-{n:x}" for n in task.tolist()],
        task=task,
        ends_ms=turns.at_ms + turns.latency_ms.astype(np.int64) + 1,
    )


def chunk_id(topic: int, fact: int) -> str:
    return f"{planned.doc_id(topic)}-{fact + 1}"
