"""What becomes of each query: route, retrieval, latency, status, tokens, and the hidden truth.

Everything is drawn for a whole day at once; `journeys.py` turns the columns into lines.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator import plan as planned
from orchestration.simulator.knowledge import TOPICS
from orchestration.simulator.lines import Bools, Floats, Ints
from orchestration.simulator.plan import Plan
from orchestration.simulator.traffic import Asks, Sessions
from orchestration.simulator.world import (
    BRUSHWORK,
    CHAT,
    CONTENT,
    CUT_MODEL,
    CUT_TO,
    KINEMA,
    LARGE_OF,
    MODELS,
    NO_PREFERENCE,
    PICTOR,
    PICTURES,
    PREFERENCE_STRENGTH,
    REELCRAFT,
    SETTINGS,
    SMALL_OF,
    VIDEO,
    WORKSPACES,
    World,
)

STATUSES = ("ok", "error", "cancelled", "blocked")
OK, ERROR, CANCELLED, BLOCKED = range(4)
EXPLORED_SHARE = 0.1
NO_CACHE, EXACT, SEMANTIC = range(3)
OUTPUT_CAPS = np.array([800, 2_000, 3_000])

_SMALL = np.array([SMALL_OF[space.provider] for space in WORKSPACES])
_LARGE = np.array([LARGE_OF[space.provider] for space in WORKSPACES])
_LIMITS = np.array([model.context_limit for model in MODELS])
_LATENCY = np.array([model.latency_ms for model in MODELS])
_COVERAGE = np.array([topic.coverage for topic in TOPICS])
CACHES = np.array([space.response_cache for space in WORKSPACES])
PROMPT_CACHES = np.array([space.prompt_cache for space in WORKSPACES])
EXPLORES = np.array([space.explores for space in WORKSPACES])


@dataclass
class Turns:
    """Columns of a day's queries; only the last three are hidden from the logs."""

    asks: Asks
    at_ms: Ints
    tier: Ints
    model: Ints
    propensity: Floats
    status: Ints
    cache: Ints
    settings: Ints  # query x setting
    treated: Bools
    prompt: NDArray[np.str_]
    searched: Bools
    search_failed: Bools
    hits: Ints
    scores: Floats  # query x rank, falling
    retrieval_ms: Floats
    llm_ms: Floats
    latency_ms: Floats
    first_event_ms: Floats
    first_token_ms: Floats
    tools: Ints
    tool_errors: Ints
    context: Ints
    truncated: Ints
    cache_read: Ints
    cache_write: Ints
    output: Ints
    reasoning: Ints
    is_length: Bools
    refused: Bools
    confidence: Floats
    covered: Bools
    quality: Floats
    satisfied: Bools

    @property
    def size(self) -> int:
        return len(self.at_ms)

    @property
    def uncached_input(self) -> Ints:
        return self.context - self.cache_read - self.cache_write

    @property
    def generated(self) -> Bools:
        """Whether a model was called; errors before the call cost nothing."""
        return np.asarray(self.context > 0)

    @property
    def rendered(self) -> Bools:
        """Pictures and videos that were delivered, and are billed by the piece."""
        return np.asarray((self.asks.surface >= PICTURES) & (self.status == OK))


def draw_turns(
    world: World, plan: Plan, day: int, sessions: Sessions, asks: Asks, rng: np.random.Generator
) -> Turns:
    tier, model, propensity = _route(asks, rng)
    settings = _settings(world, asks, rng)
    model = _media_models(model, asks, settings)
    status, cache = _endings(plan, day, asks, rng)
    coverage = _COVERAGE[asks.topic]
    covered = (coverage == "covered") | (planned.is_filled(plan, day) & (coverage == "filled"))
    searched = (asks.surface <= CONTENT) & (cache != EXACT) & (status != BLOCKED)
    search_failed = searched & (rng.random(len(tier)) < 0.004)
    hits, scores = _hits(covered, searched & ~search_failed, rng)
    treated = world.users.treated[asks.user]
    times = _times(plan, day, asks, model, tier, status, cache, searched, rng)
    tokens = _tokens(asks, tier, model, status, cache, rng)
    refused = (status == OK) & (asks.surface <= CONTENT) & ~covered
    refused &= rng.random(len(tier)) < 0.5
    prompt = _prompts(plan, day, asks, treated)
    quality = _quality(world, asks, model, status, covered, prompt, refused, times[2], rng)
    satisfied = rng.random(len(tier)) < quality
    noise = rng.normal(0.0, 0.07, len(tier))
    tools = np.where(
        (asks.surface == CHAT) & (status == OK) & (cache == NO_CACHE),
        (rng.random(len(tier)) < 0.22) + (rng.random(len(tier)) < 0.06),
        0,
    )
    return Turns(
        asks=asks,
        at_ms=_clock(sessions, asks, times[2]),
        tier=tier,
        model=model,
        propensity=propensity,
        status=status,
        cache=cache,
        settings=settings,
        treated=treated,
        prompt=prompt,
        searched=searched,
        search_failed=search_failed,
        hits=hits,
        scores=scores,
        retrieval_ms=times[0],
        llm_ms=times[1],
        latency_ms=times[2],
        first_event_ms=times[3],
        first_token_ms=times[4],
        tools=tools,
        tool_errors=rng.binomial(tools, 0.03),
        context=tokens[0],
        truncated=tokens[1],
        cache_read=tokens[2],
        cache_write=tokens[3],
        output=tokens[4],
        reasoning=tokens[5],
        is_length=tokens[4] >= OUTPUT_CAPS[tier],
        refused=refused,
        confidence=(0.55 + 0.3 * quality + noise).clip(0.4, 0.95).round(3),
        covered=covered,
        quality=quality,
        satisfied=satisfied,
    )


def _route(asks: Asks, rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    """Above 0.75 high, above 0.5 medium, else low; a tenth is routed by coin where it is logged."""
    size = len(asks.turn)
    tier = (asks.complexity > 0.5).astype(np.int64) + (asks.complexity > 0.75)
    by_rule = tier > 0
    explored = EXPLORES[asks.workspace] & (rng.random(size) < EXPLORED_SHARE)
    is_large = np.where(explored, rng.random(size) < 0.5, by_rule)
    model = np.where(is_large, _LARGE[asks.workspace], _SMALL[asks.workspace])
    agrees = is_large == by_rule
    propensity = np.where(agrees, 1 - EXPLORED_SHARE / 2, EXPLORED_SHARE / 2)
    return tier, model, propensity.round(3)


def _settings(world: World, asks: Asks, rng: np.random.Generator) -> Ints:
    """A user with a preference mostly follows it; whatever is left is chance."""
    size = len(asks.turn)
    choices = np.array([len(setting.choices) for setting in SETTINGS])
    preferred = world.users.preferences[asks.user]
    follows = (preferred != NO_PREFERENCE) & (rng.random((size, len(SETTINGS))) < PREFERENCE_STRENGTH)
    return np.where(follows, preferred, rng.integers(0, choices, (size, len(SETTINGS))))


def _media_models(model: Ints, asks: Asks, settings: Ints) -> Ints:
    """Pictures and videos go to the provider that the user set (settings 4 and 6)."""
    pictures = np.where(settings[:, 4] == 0, PICTOR, BRUSHWORK)
    videos = np.where(settings[:, 6] == 0, KINEMA, REELCRAFT)
    model = np.where(asks.surface == PICTURES, pictures, model)
    return np.where(asks.surface == VIDEO, videos, model)


def _endings(plan: Plan, day: int, asks: Asks, rng: np.random.Generator) -> tuple[Ints, Ints]:
    size = len(asks.turn)
    status = np.searchsorted([0.973, 0.990, 0.996], rng.random(size), side="right")
    if day in plan.spike_days:
        attacked = (asks.surface == CHAT) & (rng.random(size) < planned.SPIKE_SHARE)
        status = np.where(attacked, BLOCKED, status)
    cached = CACHES[asks.workspace] & (asks.surface <= CONTENT) & (status == OK)
    cached &= (asks.attachments == 0) & ~asks.is_retry & (rng.random(size) < 0.55)
    kind = np.where(rng.random(size) < 0.6, EXACT, SEMANTIC)
    return status, np.where(cached, kind, NO_CACHE)


def _hits(covered: Bools, searched: Bools, rng: np.random.Generator) -> tuple[Ints, Floats]:
    size = len(covered)
    empty = rng.random(size) < np.where(covered, 0.005, 0.3)
    hits = np.where(searched & ~empty, rng.integers(2, 6, size), 0)
    top = np.where(covered, rng.normal(0.79, 0.07, size), rng.normal(0.56, 0.09, size))
    steps = np.cumsum(rng.exponential(0.035, (size, 5)), axis=1)
    return hits, (top[:, None] - steps).clip(0.02, 0.99).round(4)


def _times(
    plan: Plan,
    day: int,
    asks: Asks,
    model: Ints,
    tier: Ints,
    status: Ints,
    cache: Ints,
    searched: Bools,
    rng: np.random.Generator,
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Retrieval, model, total, first event, first token; the parts never exceed the total."""
    size = len(tier)
    retrieval = np.where(searched, rng.lognormal(4.6, 0.45, size), 0.0).round(1)
    llm = _LATENCY[model] * (1 + 0.15 * tier) * rng.lognormal(0.0, 0.45, size)
    if day >= plan.regression_day:
        slow = (model == planned.REGRESSION_MODEL) & (asks.surface == planned.REGRESSION_SURFACE)
        llm = np.where(slow, llm * planned.REGRESSION_FACTOR, llm)
    llm = np.where((status == CANCELLED), llm * 0.4, llm)
    llm = np.where((cache != NO_CACHE) | (status == BLOCKED), 0.0, llm).round(1)
    # At least a millisecond of overhead keeps rounded parts below the rounded total.
    total = (retrieval + llm + 1 + rng.lognormal(3.4, 0.4, size)).round(1)
    first_event = np.minimum(rng.lognormal(3.9, 0.35, size), total).round(1)
    first_event = np.minimum(first_event, total)
    first_token = np.maximum(first_event, retrieval + llm * rng.uniform(0.2, 0.45, size))
    return retrieval, llm, total, first_event, np.minimum(first_token.round(1), total)


def _tokens(
    asks: Asks, tier: Ints, model: Ints, status: Ints, cache: Ints, rng: np.random.Generator
) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints]:
    """Context, truncated, cache read, cache write, output, reasoning; disjoint where billed."""
    size = len(tier)
    early_error = (status == ERROR) & (rng.random(size) < 0.6)
    called = (asks.surface <= CONTENT) & (cache == NO_CACHE) & (status != BLOCKED) & ~early_error
    wanted = rng.lognormal(7.35, 0.5, size) + 260 * (asks.turn - 1) + 700 * asks.attachments
    wanted = np.where(called, wanted, 0).astype(np.int64)
    context = np.minimum(wanted, _LIMITS[model])
    has_cache = called & PROMPT_CACHES[asks.workspace]
    read = has_cache & (rng.random(size) < 0.65)
    cache_read = np.where(read, context * rng.uniform(0.4, 0.8, size), 0).astype(np.int64)
    written = has_cache & ~read & (rng.random(size) < 0.5)
    cache_write = np.where(written, context * 0.5, 0).astype(np.int64)
    length = rng.lognormal(np.array([5.2, 5.9, 6.2])[tier], 0.6, size)
    length = np.minimum(length, OUTPUT_CAPS[tier]) * np.where(status == CANCELLED, 0.3, 1.0)
    output = np.where(called & (status != ERROR), length, 0).astype(np.int64)
    thinks = called & (status != ERROR) & (tier > 0) & np.isin(model, list(LARGE_OF.values()))
    reasoning = np.where(thinks, rng.lognormal(5.8, 0.6, size), 0).astype(np.int64)
    return context, wanted - context, cache_read, cache_write, output, reasoning


def _prompts(plan: Plan, day: int, asks: Asks, treated: Bools) -> NDArray[np.str_]:
    versions = np.array([planned.prompt_version(plan, day, surface) for surface in range(4)])
    chosen: NDArray[np.str_] = versions[asks.surface, treated.astype(np.int64)]
    return chosen


def _quality(
    world: World,
    asks: Asks,
    model: Ints,
    status: Ints,
    covered: Bools,
    prompt: NDArray[np.str_],
    refused: Bools,
    latency_ms: Floats,
    rng: np.random.Generator,
) -> Floats:
    """The hidden chance that the user is satisfied with this answer."""
    small = np.isin(model, list(SMALL_OF.values()))
    odds = 1.7 + world.users.mood[asks.user] + rng.normal(0.0, 0.35, len(status))
    odds += np.where(covered, 0.0, -2.3) + np.where(refused, -0.4, 0.0)
    odds += np.where(small & (asks.complexity > 0.5), -0.8, 0.0)
    odds += np.where(prompt == "v4", planned.PROMPT_EFFECT, 0.0)
    odds += np.array([0.0, -4.0, -1.5, -3.0])[status]
    odds -= 0.25 * np.log(latency_ms / 1_500.0).clip(0.0, 2.0) * (asks.surface <= CONTENT)
    quality: Floats = 1 / (1 + np.exp(-odds))
    return quality


def _clock(sessions: Sessions, asks: Asks, latency_ms: Floats) -> Ints:
    """A turn begins after the answer before it was read."""
    spent = np.cumsum(latency_ms + asks.think_ms)
    before = spent - latency_ms - asks.think_ms
    first = np.flatnonzero(asks.turn == 1)
    elapsed = before - before[first][asks.session]
    return sessions.start_ms[asks.session] + elapsed.astype(np.int64)


def token_prices(model: Ints, at_ms: Ints, plan: Plan) -> Ints:
    """Nano-dollars, one row a call: input, cache read, cache write, output, request."""
    table = np.array([price_row(m) for m in range(len(MODELS))])
    prices = table[model]
    cut = (model == CUT_MODEL) & (at_ms >= plan.price_cut_ms)
    prices[cut] = CUT_TO
    return prices


def price_row(model: int) -> tuple[int, int, int, int, int]:
    m = MODELS[model]
    return m.input, m.cache_read, m.cache_write, m.output, m.request


def before_midnight(turns: Turns, end_ms: int) -> Turns:
    """Sessions end with the day, so that a day's file holds the day's queries and no others."""
    keep = turns.at_ms < end_ms
    asks = Asks(**{part.name: getattr(turns.asks, part.name)[keep] for part in fields(Asks)})
    columns = {part.name: getattr(turns, part.name) for part in fields(Turns) if part.name != "asks"}
    return Turns(asks=asks, **{name: column[keep] for name, column in columns.items()})
