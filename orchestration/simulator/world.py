"""The fixed cast of the made-up product: workspaces, models and their prices, and its users."""

from dataclasses import dataclass

import numpy as np

from orchestration.simulator.lines import Bools, Floats, Ints
from orchestration.simulator.texts import Phrasebook, build_phrasebook

SURFACES = ("chat", "content", "pictures", "video")
CHAT, CONTENT, PICTURES, VIDEO = range(4)


@dataclass(frozen=True)
class Workspace:
    name: str
    assistant: str
    offset_minutes: int  # its clock, written into every time
    region: str
    provider: str  # of language models
    surface_mix: tuple[float, float, float, float]
    response_cache: bool
    prompt_cache: bool
    explores: bool  # routes a share of queries at random, and logs the propensity
    reranks: bool
    logs_chunk_text: bool
    ask_share: float  # how often it asks for feedback


# The names differ in length and case on purpose: nothing may rely on their shape.
WORKSPACES = (
    Workspace(
        "warmhaus", "Hearth", 0, "eu-1", "lumen", (0.66, 0.16, 0.12, 0.06),
        True, True, True, True, False, 0.10,
    ),
    Workspace(
        "Kelda-Energy", "Kelda", 120, "eu-1", "halcyon", (0.80, 0.12, 0.06, 0.02),
        False, True, True, False, False, 0.05,
    ),
    Workspace(
        "prairie_heat", "Scout", -300, "us-1", "lumen", (0.70, 0.20, 0.07, 0.03),
        True, False, False, False, True, 0.15,
    ),
    Workspace(
        "studio-nord", "Quill", 60, "eu-2", "lumen", (0.18, 0.42, 0.26, 0.14),
        False, True, False, True, False, 0.20,
    ),
    Workspace(
        "monsoon", "Varsha", 330, "ap-1", "halcyon", (0.75, 0.15, 0.07, 0.03),
        True, False, False, False, False, 0.08,
    ),
    Workspace(
        "pilot", "Hearth", 0, "us-1", "halcyon", (0.55, 0.25, 0.12, 0.08),
        False, False, True, False, True, 0.30,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Model:
    """Prices are nano-dollars a token, or a request; $1 per million tokens is 1,000."""

    name: str
    provider: str
    input: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0  # reasoning tokens cost the same
    request: int = 0
    context_limit: int = 0
    latency_ms: float = 0.0  # median of the model's own time


MODELS = (
    Model("lumen-mini-2", "lumen", 150, 75, 190, 600, 0, 8_192, 620.0),
    Model("lumen-grand-2", "lumen", 1_250, 310, 1_560, 5_000, 0, 32_768, 1_450.0),
    Model("halcyon-swift", "halcyon", 250, 25, 310, 1_250, 0, 8_192, 540.0),
    Model("halcyon-deep", "halcyon", 1_500, 150, 1_875, 7_500, 0, 32_768, 1_700.0),
    Model("pictor-1", "pictor", request=20_000_000, latency_ms=4_200.0),
    Model("brushwork-2", "brushwork", request=32_000_000, latency_ms=5_600.0),
    Model("kinema-1", "kinema", request=180_000_000, latency_ms=21_000.0),
    Model("reelcraft-1", "reelcraft", request=240_000_000, latency_ms=26_000.0),
    Model("lumen-embed-1", "lumen", 20),
    Model("halcyon-rerank-1", "halcyon", request=500_000),
)
MINI, GRAND, SWIFT, DEEP, PICTOR, BRUSHWORK, KINEMA, REELCRAFT, EMBED, RERANK = range(10)
SMALL_OF = {"lumen": MINI, "halcyon": SWIFT}
LARGE_OF = {"lumen": GRAND, "halcyon": DEEP}
CUT_MODEL = GRAND
CUT_TO = (1_000, 250, 1_250, 4_000, 0)  # the same five prices after the cut: 20 % less

FEATURES = (
    ("ask", "troubleshoot", "summarise"),
    ("post", "newsletter", "product_text"),
    ("create_picture", "edit_picture"),
    ("create_clip", "storyboard"),
)
SCHEMA_TYPES = ("answer", "article", "image", "video")
PROMPT_NAMES = ("chat-answer", "content-writer", "picture-brief", "video-brief")
LOCALES = ("en-GB", "de-DE", "es-ES", "fr-FR")


@dataclass(frozen=True)
class Setting:
    surface: int
    name: str  # the key in `attributes`
    choices: tuple[str, ...]


SETTINGS = (
    Setting(CONTENT, "tone", ("warm", "matter-of-fact", "playful", "formal")),
    Setting(CONTENT, "persona", ("expert", "neighbour", "coach")),
    Setting(CONTENT, "platforms", ("blog", "mail", "feed", "print")),
    Setting(PICTURES, "style", ("photo", "watercolour", "flat", "line-art")),
    Setting(PICTURES, "provider", ("pictor", "brushwork")),
    Setting(VIDEO, "duration", ("15s", "30s", "60s")),
    Setting(VIDEO, "provider", ("kinema", "reelcraft")),
)
PREFERENCE_STRENGTH = 0.8  # how often a user with a preference chooses it
NO_PREFERENCE = -1


@dataclass(frozen=True)
class Users:
    """One array a trait, indexed by user. Days count from the start; they may be negative."""

    workspace: Ints
    number: Ints  # counts anew in each workspace: one id names different people
    home_surface: Ints
    language: Ints
    arrives: Ints
    leaves: Ints  # the first day without the user
    pauses: Ints  # first day of a break
    resumes: Ints
    weight: Floats  # share of the sessions: heavy-tailed
    daily: Floats  # chance to come on a working day
    mood: Floats
    treated: Bools  # in the experiment's arm with the new prompt
    preferences: Ints  # user x setting -> choice, or NO_PREFERENCE


@dataclass(frozen=True)
class World:
    seed: int
    days: int
    queries_per_day: int
    start_ms: int
    users: Users
    phrases: Phrasebook
    excluded: Ints  # users whose owner orders an exclusion that stays
    readmitted: Ints  # excluded for a while, then included again


def build_world(seed: int, days: int, queries_per_day: int, start_ms: int) -> World:
    rng = np.random.default_rng([seed, 0])
    users = _build_users(rng, days, queries_per_day)
    regulars = np.flatnonzero((users.arrives <= 0) & (users.leaves > days))
    # Heavy users, so that an exclusion moves the numbers.
    regulars = regulars[np.argsort(-users.weight[regulars], kind="stable")]
    regulars = rng.permutation(regulars[: max(8, len(regulars) // 4)])
    count = min(6, max(2, len(regulars) // 50))
    return World(
        seed=seed,
        days=days,
        queries_per_day=queries_per_day,
        start_ms=start_ms,
        users=users,
        phrases=build_phrasebook(rng),
        excluded=np.sort(regulars[:count]),
        readmitted=np.sort(regulars[count : count + count // 2]),
    )


def _build_users(rng: np.random.Generator, days: int, queries_per_day: int) -> Users:
    size = max(30, int(0.75 * queries_per_day))
    zipf = 1.0 / np.arange(1, len(WORKSPACES) + 1) ** 1.1
    workspace = rng.choice(len(WORKSPACES), size, p=zipf / zipf.sum())
    mixes = np.cumsum([space.surface_mix for space in WORKSPACES], axis=1)
    home = (rng.random(size)[:, None] > mixes[workspace]).sum(axis=1).clip(0, 3)
    newcomers = rng.random(size) < 0.35
    arrives = np.where(newcomers, rng.integers(0, days, size), -30)
    leavers = rng.random(size) < 0.15
    leaves = np.where(leavers, arrives.clip(0) + rng.integers(1, days + 1, size), days + 400)
    pauses = rng.integers(0, days + 1, size)
    breaks = np.where(rng.random(size) < 0.2, rng.integers(5, 22, size), 0)
    choices = np.array([len(setting.choices) for setting in SETTINGS])
    preferences = rng.integers(0, choices, (size, len(SETTINGS)))
    preferences[rng.random(preferences.shape) < 0.25] = NO_PREFERENCE
    number = np.zeros(size, np.int64)
    for space in range(len(WORKSPACES)):
        number[workspace == space] = np.arange((workspace == space).sum())
    return Users(
        workspace=workspace,
        number=number,
        home_surface=home,
        language=rng.choice(4, size, p=(0.83, 0.08, 0.05, 0.04)),
        arrives=arrives,
        leaves=leaves,
        pauses=pauses,
        resumes=pauses + breaks,
        weight=rng.lognormal(0.0, 1.0, size),
        daily=rng.beta(1.6, 3.4, size),
        mood=rng.normal(0.0, 0.5, size),
        treated=rng.random(size) < 0.5,
        preferences=preferences,
    )


def user_ids(world: World, users: Ints) -> list[str]:
    return [f"u-{number:06d}" for number in world.users.number[users].tolist()]
