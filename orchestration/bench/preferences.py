"""What people prefer, learned anew for all; and the look-up of an assistant that asks for one."""

from collections.abc import Callable
from contextlib import closing
from functools import partial
from statistics import median
from typing import Any

from orchestration.bench.refresh import timed_refresh
from orchestration.bench.scratch import scratch_database
from orchestration.bench.timing import percentile, timed
from orchestration.bench.world import empty_world
from orchestration.warehouse.build import build_models
from orchestration.warehouse.connection import connect

PEOPLE = 10_000
MESSAGES = 30
_START = "2026-06-01 00:00+00"
_LOOKUPS = 1000
_PERSON = "select setting, preference, confidence from marts.user_preferences where subject_ref = %s"


def bench_preferences(people: int, messages: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Everybody sends one message more, all in one refresh."""
    with (
        scratch_database("preferences") as url,
        closing(connect(url=url, autocommit=True, application_name="assay bench")) as session,
    ):
        empty_world(session)
        session.execute("select bench.choose(%s, 0, %s, %s)", (people, messages, _START))
        session.execute("analyze")
        say(f"building every model over {messages} messages of each of {people} people")
        build_models(url)
        say("one message more of each")
        session.execute("select bench.choose(%s, %s, %s, %s)", (people, messages, messages + 1, _START))
        learned = timed_refresh(session)
        known = session.execute(
            "select array_agg(distinct subject_ref order by subject_ref) from marts.user_preferences"
        ).fetchall()[0][0]
        asked = [known[place * 7919 % len(known)] for place in range(_LOOKUPS)]
        lookups = [timed(partial(session.execute, _PERSON, (person,))) for person in asked]
    return {
        "preference_people": people,
        "preference_people_known": len(known),
        "preferences_learned_s": round(learned / 1000, 2),
        "preference_lookup_ms_p50": round(median(lookups), 2),
        "preference_lookup_ms_p99": round(percentile(lookups, 0.99), 2),
    }
