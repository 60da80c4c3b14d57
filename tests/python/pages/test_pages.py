"""From `make install` to filled marts in five minutes, by the commands of one page: `make trials`."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from model_server import ModelServer, model_server
from operator_world import until
from page import User, new_user
from systems_world import run
from test_litellm_sdk import read, spend_table
from test_phoenix_server import count, phoenix

pytestmark = pytest.mark.long

PROMISED_S = 300
Database = Callable[[], AbstractContextManager[str]]

TOTALS = """select sum(queries), sum(errors) from marts.performance_overview"""
TOKENS = """select sum(input_tokens), sum(cache_read_tokens), sum(output_tokens), sum(reasoning_tokens)
    from core.fct_costs where call_type = 'generation'"""


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with model_server() as server:
        yield server


@pytest.fixture
def user(tmp_path: Path, model: ModelServer) -> Iterator[User]:
    folder = tmp_path / "trial"
    folder.mkdir()
    said = {"OPENAI_API_KEY": "none", "OPENAI_BASE_URL": model.url}
    with new_user(folder, **said) as somebody:
        yield somebody
    shutil.rmtree(folder, ignore_errors=True)


def arrived(user: User, model: ModelServer, queries: int) -> None:
    """The marts say what the model's server knows; the stopwatch stops."""
    truth = model.truth
    user.until_told(TOTALS, f"{queries},{truth['errors']}")
    names = ("input_tokens", "cache_read_tokens", "output_tokens", "reasoning_tokens")
    user.until_told(TOKENS, ",".join(str(truth[name]) for name in names))
    told(user)


def told(user: User) -> None:
    """Where others want the cores too, the promise is told and not judged."""
    seconds, waiting, cores = user.seconds(), os.getloadavg()[1], os.cpu_count() or 1
    print(f"{seconds:7.1f} s, all of it, by one stopwatch; {waiting:.1f} wanted {cores} cores")
    assert seconds < PROMISED_S or waiting > 2 * cores


def of(url: str) -> dict[str, str]:
    """A URL by the places that a page leaves for it."""
    parts = urlsplit(url)
    return {
        "password": str(parts.password),
        "server": f"{parts.username}@{parts.hostname}:{parts.port}",
        "database": parts.path.removeprefix("/"),
    }


def test_opentelemetry(user: User, model: ModelServer) -> None:
    user.begin()
    user.follow(
        "opentelemetry.md", "", "1. Start the warehouse and the receiver",
        "2. Point your application at it", "3. Look",
    )  # fmt: skip
    arrived(user, model, 1)


def test_langfuse_sdk(user: User, model: ModelServer) -> None:
    user.begin()
    user.follow("langfuse.md", "", "From its SDK")
    user.until_told("select sum(positive), sum(negative) from marts.feedback_analysis", "1,0")
    arrived(user, model, 1)


def test_litellm_callback(user: User, model: ModelServer) -> None:
    user.begin()
    user.follow("litellm.md", "", "From the SDK or a callback")
    arrived(user, model, 1)


def test_litellm_table(
    user: User,
    model: ModelServer,
    new_database: Database,
    tmp_path: Path,
) -> None:
    """The table is there before: rows by LiteLLM's own code, in the schema of its package."""
    run("litellm_client.py", model.url, str(tmp_path / "payloads"), str(tmp_path / "rows"))
    with new_database() as theirs:
        spend_table(theirs, read(tmp_path / "rows"))
        user.begin()
        user.follow("litellm.md", "", "From its database", **of(theirs))
        arrived(user, model, 12 + 3 + 2 + 3)


def test_phoenix(
    user: User,
    model: ModelServer,
    new_database: Database,
    tmp_path: Path,
) -> None:
    """Phoenix runs before, and has written all that the client sent."""
    with new_database() as theirs, phoenix(theirs, tmp_path) as url:
        run("client.py", "openinference", model.url, url)
        with psycopg.connect(theirs, autocommit=True) as there:
            until(lambda: count(there, "spans") == 12 + 3 + 2 + 3 + 6, "Phoenix has written all spans")
        user.begin()
        user.follow("phoenix.md", "", **of(theirs))
        arrived(user, model, 12 + 3 + 2 + 2)


def test_any_table(user: User) -> None:
    """By hand: of 2,860 tokens 2,048 were cached; 1.84 s; five stars."""
    user.begin()
    user.follow("csv.md", "")
    user.until_told(
        """select queries, successes, latency_p50_ms between 1821 and 1859
           from marts.performance_overview""",
        "1,1,true",
    )
    user.until_told(
        TOKENS.partition(" where")[0], "812,2048,96,0"
    )  # a map may leave out what kind of call
    user.until_told("select average_rating from marts.feedback_analysis", "5")
    told(user)
