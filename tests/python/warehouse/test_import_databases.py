"""Other systems' tables: all once, then what is new and late; nothing twice, no secret shown."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from click.testing import CliRunner, Result
from landing_world import World

from orchestration.sources.commands import import_
from orchestration.sources.importing import Since, places_of, try_database
from orchestration.sources.named import database_named

# As their own migrations make them, without the columns that nobody here reads.
LITELLM = """
create table "LiteLLM_SpendLogs" (
    request_id text primary key, call_type text not null, api_key text not null default '',
    spend double precision not null default 0, total_tokens integer not null default 0,
    prompt_tokens integer not null default 0, completion_tokens integer not null default 0,
    "startTime" timestamp(3) not null, "endTime" timestamp(3) not null,
    "completionStartTime" timestamp(3),
    model text not null default '', model_group text default '', custom_llm_provider text default '',
    "user" text default '', metadata jsonb default '{}', cache_hit text default '',
    request_tags jsonb default '[]', team_id text, end_user text, messages jsonb default '{}',
    response jsonb default '{}', session_id text, status text, proxy_server_request jsonb default '{}'
)
"""
LANGFUSE = """
create type "ObservationType" as enum ('SPAN', 'EVENT', 'GENERATION');
create type "ObservationLevel" as enum ('DEBUG', 'DEFAULT', 'WARNING', 'ERROR');
create type "ScoreSource" as enum ('ANNOTATION', 'API', 'EVAL');
create table traces (
    id text primary key, timestamp timestamp(3) not null, name text, user_id text, metadata jsonb,
    release text, version text, project_id text not null, public boolean not null default false,
    bookmarked boolean not null default false, tags text[] default '{}', input jsonb, output jsonb,
    session_id text, created_at timestamp(3) not null default now(),
    updated_at timestamp(3) default now()
);
create table prompts (id text primary key, name text not null, version integer not null, prompt jsonb);
create table observations (
    id text primary key, name text, start_time timestamp(3) not null, end_time timestamp(3),
    parent_observation_id text, type "ObservationType" not null, trace_id text, metadata jsonb,
    model text,
    "modelParameters" jsonb, input jsonb, output jsonb,
    level "ObservationLevel" not null default 'DEFAULT',
    status_message text, completion_start_time timestamp(3),
    completion_tokens integer not null default 0,
    prompt_tokens integer not null default 0, total_tokens integer not null default 0, version text,
    project_id text not null, unit text, prompt_id text, total_cost numeric(65, 30),
    calculated_total_cost numeric(65, 30), created_at timestamp(3) not null default now()
);
create table scores (
    id text primary key, timestamp timestamp(3) not null, name text not null, value double precision,
    source "ScoreSource" not null, comment text, trace_id text not null, observation_id text,
    config_id text,
    string_value text, data_type text not null default 'NUMERIC', project_id text not null
);
"""
PHOENIX = """
create table projects (id serial primary key, name varchar not null);
create table project_sessions (id serial primary key, session_id varchar not null, project_id integer);
create table traces (
    id serial primary key, project_rowid integer not null, trace_id varchar not null,
    project_session_rowid integer
);
create table spans (
    id serial primary key, trace_rowid integer not null, span_id varchar not null, parent_id varchar,
    name varchar not null, span_kind varchar not null, start_time timestamptz not null,
    end_time timestamptz not null, attributes jsonb not null, events jsonb not null,
    status_code varchar not null default 'UNSET', status_message varchar not null default ''
);
create table span_annotations (
    id serial primary key, span_rowid integer not null, name varchar not null, label varchar,
    score float,
    explanation varchar, metadata jsonb not null default '{}', annotator_kind varchar not null,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now(),
    identifier varchar not null default '', source varchar not null default 'API'
);
"""


@pytest.fixture
def world(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("ASSAY_DATABASE_URL", database_url)
    return World(database_url, tmp_path)


@pytest.fixture
def there(new_database: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """A database of somebody else's."""
    with new_database() as url:
        yield url


def run(url: str, *statements: str, **values: Any) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode(), values or None)


def imported(name: str, url: str, *more: str) -> dict[str, tuple[int, ...]]:
    result = invoked(name, url, *more, "--json")
    reports = json.loads(result.stdout)["files"]
    counts = ("accepted", "duplicate", "conflict", "quarantined")
    return {report["path"]: tuple(report[one] for one in counts) for report in reports}


def invoked(name: str, url: str, *more: str, **environment: str) -> Result:
    """The password only in the environment, as people have to."""
    parts = urlsplit(url)
    bare = parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@")).geturl()
    return CliRunner(env={"ASSAY_IMPORT_PASSWORD": str(parts.password), **environment}).invoke(
        import_, [name, "--from", bare, *more], catch_exceptions=bool(environment)
    )


def call(number: int, at: str, **fields: Any) -> str:
    said = {
        "request_id": f"r-{number}", "call_type": "acompletion", "spend": 0.001, "total_tokens": 30,
        "prompt_tokens": 20, "completion_tokens": 10, "startTime": at, "endTime": at, "model": "gpt-4o",
        "custom_llm_provider": "openai", "end_user": "ana", "cache_hit": "False", "status": "success",
        "metadata": {"usage_object": {"prompt_tokens_details": {"cached_tokens": 5}}},
    } | fields  # fmt: skip
    spelled = json.dumps(said).replace("'", "''")
    names = ", ".join(f'"{name}"' for name in said)
    return (
        f'insert into "LiteLLM_SpendLogs" ({names})'
        f" select {names} from jsonb_populate_record(null::\"LiteLLM_SpendLogs\", '{spelled}')"
    )


def test_spend_logs_land_once_and_then_what_is_new(world: World, there: str) -> None:
    run(there, LITELLM, *(call(n, f"2026-03-01T10:0{n}:00") for n in range(5)))
    assert imported("litellm", there) == {"spend": (10, 0, 0, 0)}
    totals = """select count(*), sum(input_tokens), sum(cache_read_tokens), sum(output_tokens),
                    sum(reported_cost)::float from raw.cost_log where source = 'litellm'"""
    assert world.rows(totals) == [(5, 75, 25, 50, 0.005)]

    # One came late, one is new, one is from a past that is not looked at again.
    run(
        there,
        call(5, "2026-03-01T09:30:00"),
        call(6, "2026-03-01T11:00:00"),
        call(7, "2026-02-01T10:00:00"),
    )
    assert imported("litellm", there) == {"spend": (4, 10, 0, 0)}
    assert imported("litellm", there, "--overlap", "1m") == {"spend": (0, 2, 0, 0)}
    assert imported("litellm", there, "--since", "2026-03-01T10:03:00") == {"spend": (0, 6, 0, 0)}
    assert imported("litellm", there, "--everything") == {"spend": (2, 14, 0, 0)}
    assert world.rows(totals) == [(8, 120, 40, 80, 0.008)]
    origin = world.value("select distinct reader || ' ' || split_part(file, ':', 1) from landing.batch")
    assert origin == "database litellm"


def test_schemas_of_one_database_are_read_each_from_its_own_mark(world: World, there: str) -> None:
    """Prevents that what one schema was read to is taken for the other: its history never came."""
    run(there, "create schema second", LITELLM, call(1, "2026-03-01T10:00:00"))
    second = f"{there}?options=-csearch_path%3Dsecond"
    run(second, LITELLM, call(2, "2025-03-01T10:00:00"))
    assert imported("litellm", there) == {"spend": (2, 0, 0, 0)}
    assert imported("litellm", second) == {"spend": (2, 0, 0, 0)}
    run(second, call(3, "2024-03-01T10:00:00"))
    assert imported("litellm", second) == {"spend": (0, 2, 0, 0)}
    marks = dict(world.rows("select place, seen_to from landing.import_mark"))
    assert [seen.year for _, seen in sorted(marks.items())] == [2026, 2025]
    named = f"{there}?options=-c%20search_path%3Dsecond,public"
    assert [marks[place].year for place in places_of(named)] == [2025, 2026]
    assert [marks[place].year for place in places_of(there)] == [2026]


@pytest.mark.usefixtures("world")
def test_a_row_longer_than_a_line_lands_without_its_texts(there: str) -> None:
    run(there, LITELLM, call(1, "2026-03-01T10:00:00", messages=["x" * (2 << 20)]))
    assert imported("litellm", there) == {"spend": (2, 0, 0, 0)}


def test_rows_that_are_wrong_are_kept_and_others_land(world: World, there: str) -> None:
    run(there, LITELLM, call(1, "2026-03-01T10:00:00"), call(2, "1999-01-01T10:00:00"),
        call(3, "2026-03-01T10:00:00", prompt_tokens=-7))  # fmt: skip
    assert imported("litellm", there) == {"spend": (2, 0, 0, 4)}
    assert world.rows("select reason, path from landing.quarantine order by 1, 2") == [
        ("RANGE", "$.context_tokens"),
        ("RANGE", "$.input_tokens"),
        ("TIME_WINDOW", "$.ts"),
        ("TIME_WINDOW", "$.ts"),
    ]


def test_a_dry_run_tries_the_newest_rows_unless_told(there: str) -> None:
    """It kept a key of every line there was, and took as long as an import."""
    run(there, LITELLM, *(call(n, f"2026-03-01T10:0{n}:00") for n in range(6)))

    def tried(since: Since) -> list[tuple[int, bool]]:
        found = try_database(database_named("litellm"), there, since, most=4)
        return [(verdict.rows, newest_only) for _, verdict, newest_only in found]

    assert tried(Since()) == [(4, True)]
    assert tried(Since(everything=True)) == [(6, False)]
    assert tried(Since(dt.datetime(2026, 3, 1, 10, 1, tzinfo=dt.UTC))) == [(5, False)]
    run(there, 'delete from "LiteLLM_SpendLogs" where "startTime" < \'2026-03-01T10:03:00\'')
    assert tried(Since()) == [(3, False)]


def test_a_dry_run_lands_nothing(world: World, there: str) -> None:
    run(there, LITELLM, call(1, "2026-03-01T10:00:00"))
    report = json.loads(invoked("litellm", there, "--dry-run", "--json").stdout)["files"][0]
    assert report["would_land"] == {"cost": 1, "query": 1}
    assert world.value("select count(*) from landing.batch") == 0


def test_what_is_wrong_is_said_without_the_password(world: World, there: str) -> None:
    parts = urlsplit(there)
    secret = str(parts.password)
    missing = invoked("litellm", there, PGSSLMODE="prefer")
    assert "There is no table" in str(missing.exception)
    wrong = parts._replace(netloc=parts.netloc.replace(secret, "geheim42")).geturl()
    for url in (wrong, there.replace("postgresql://", "postgresql:/")):
        result = invoked("litellm", url, PGSSLMODE="prefer")
        said = f"{result.output}{result.exception}"
        assert result.exit_code != 0
        assert secret not in said
        assert "geheim42" not in said
    told = CliRunner().invoke(import_, ["litellm", "--from", there])
    assert "does not belong on a command line" in str(told.exception)
    assert secret not in f"{told.output}{told.exception}"
    # In the environment the whole URL may stand.
    run(there, LITELLM)
    whole = CliRunner(env={"ASSAY_IMPORT_FROM": there}).invoke(import_, ["litellm", "--json"])
    assert whole.exit_code == 0
    assert world.value("select count(*) from landing.batch") == 0


@contextmanager
def reader(url: str, *grants: str) -> Iterator[str]:
    """Somebody who may read what is granted."""
    run(url, "create role reads_only login password 'r'")
    parts = urlsplit(url)
    try:
        run(url, *(f"grant {grant} to reads_only" for grant in grants))
        yield parts._replace(netloc=f"reads_only:r@{parts.hostname}:{parts.port}").geturl()
    finally:
        run(url, "drop owned by reads_only", "drop role reads_only")


ASKED = """insert into observations (id, type, start_time, end_time, project_id) values
           ('o-1', 'SPAN', '2026-03-01 10:00:00', '2026-03-01 10:00:03', 'p')"""


@pytest.mark.usefixtures("world")
def test_what_the_other_database_refuses_is_said_with_its_own_name(there: str) -> None:
    """Who lacks a grant was told of another table; who has an older version to run `assay up`."""
    run(there, LANGFUSE, ASKED)
    tables = "select on traces, observations, scores"
    with reader(there, tables) as theirs:
        told = str(invoked("langfuse", theirs, PGSSLMODE="prefer").exception)
    assert "permission denied for table prompts" in told
    assert "Grant select" in told
    run(there, "drop table prompts")
    told = str(invoked("langfuse", there, PGSSLMODE="prefer").exception)
    assert 'observations is of a version that is not known here: relation "prompts"' in told


@pytest.mark.parametrize(
    ("broken", "state"),
    [
        ("(select repeat(md5(g::text), 10) from generate_series(1, 9000000) as g limit 1)", "57014"),
        ("convert_from('\\xff', 'UTF8')", "22021"),
    ],
)
def test_an_error_that_comes_each_time_is_no_lost_connection(
    world: World, there: str, broken: str, state: str
) -> None:
    """ "Import again" was the advice, and it failed in the same way, for ever."""
    run(
        there,
        LITELLM,
        call(1, "2026-03-01T10:00:00"),
        'alter table "LiteLLM_SpendLogs" rename to spend',
        f"""create view "LiteLLM_SpendLogs" as select request_id, call_type, "startTime",
            {broken} as model from spend""",
    )
    limit = "?options=-cstatement_timeout%3D100" if state == "57014" else ""
    told = invoked("litellm", f"{there}{limit}", PGSSLMODE="prefer")
    assert f"ended the reading of spend ({'QueryCanceled' if state[0] == '5' else ''}" in str(
        told.exception
    )
    assert state in str(told.exception)
    assert "connection" not in str(told.exception)
    assert world.value("select count(*) from landing.import_mark") == 0


@pytest.mark.parametrize("refuses", [True, False])
def test_an_import_through_a_pooler_that_takes_no_options(
    world: World, there: str, refuses: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PgBouncer refuses settings that come with the connection, or drops them: then times were those of
    the server's zone, and rows of the hours between were never read."""
    connect = psycopg.connect

    def pooled(*given: Any, **named: Any) -> Any:
        if "assay import" in named.values() and named.pop("options", None) and refuses:
            raise psycopg.OperationalError("unsupported startup parameter: options")
        return connect(*given, **named)

    run(there, "create schema own", "alter database " + urlsplit(there).path[1:] +
        " set timezone = 'America/New_York'")  # fmt: skip
    own = f"{there}?options=-csearch_path%3Down"
    run(own, LITELLM, call(1, "2026-03-01T10:00:00"))
    monkeypatch.setattr(psycopg, "connect", pooled)
    assert imported("litellm", own) == {"spend": (2, 0, 0, 0)}
    run(own, call(2, "2026-03-01T12:00:00"))
    assert imported("litellm", own) == {"spend": (2, 2, 0, 0)}
    marked = "select (seen_to at time zone 'UTC')::text from landing.import_mark"
    assert world.value(marked) == "2026-03-01 12:00:00"


@pytest.mark.usefixtures("world")
def test_nothing_is_written_there(there: str) -> None:
    run(there, LITELLM, call(1, "2026-03-01T10:00:00"))
    with reader(there, 'select on "LiteLLM_SpendLogs"') as theirs:
        assert imported("litellm", theirs) == {"spend": (2, 0, 0, 0)}


def test_langfuse_tables_of_version_2(world: World, there: str) -> None:
    run(
        there,
        LANGFUSE,
        """insert into traces (id, timestamp, name, user_id, session_id, project_id, input) values
           ('t-1', '2026-03-01 10:00:00', 'chat', 'ana', 's-1', 'p', '"Why?"')""",
        "insert into prompts values ('p-1', 'answer', 3)",
        """insert into observations (id, trace_id, type, start_time, end_time, project_id, model, unit,
               prompt_tokens, completion_tokens, total_tokens, calculated_total_cost, prompt_id,
               parent_observation_id, level) values
           ('o-0', 't-1', 'SPAN', '2026-03-01 10:00:00', '2026-03-01 10:00:03', 'p', null, null, 0,
           0, 0,
               null, null, null, 'ERROR'),
           ('o-1', 't-1', 'GENERATION', '2026-03-01 10:00:01', '2026-03-01 10:00:02', 'p', 'gpt-4o',
               'TOKENS', 20, 10, 30, 0.0015, 'p-1', 'o-0', 'DEFAULT'),
           ('o-2', 't-1', 'SPAN', now()::timestamp, null, 'p', null, null, 0, 0, 0, null, null, null,
               'DEFAULT'),
           ('o-3', 't-1', 'GENERATION', now()::timestamp - interval '1 minute', now()::timestamp, 'p',
               'gpt-4o', 'TOKENS', 1, 0, 1, null, null, 'o-0', 'DEFAULT')""",
        """insert into scores (id, timestamp, name, value, source, trace_id, project_id) values
           ('s-1', '2026-03-01 10:05:00', 'user-feedback', 1, 'API', 't-1', 'p'),
           ('s-2', '2026-03-01 10:06:00', 'faithfulness', 0.5, 'EVAL', 't-1', 'p')""",
    )
    first = {"traces": (1, 0, 0, 0), "observations": (3, 0, 0, 0), "scores": (2, 0, 0, 0)}
    assert imported("langfuse", there) == first
    assert imported("langfuse", there) == {log: (0, counts[0], 0, 0) for log, counts in first.items()}
    told = world.rows(
        "select event_id, query_id, session_id, status, latency_ms from raw.query_log order by 1"
    )
    assert told == [
        ("o-0", "t-1", "s-1", "error", 3000.0),
        ("o-1", "t-1", "s-1", "ok", 1000.0),
        ("t-1", "t-1", "s-1", "ok", None),
    ]
    assert world.rows("select input_tokens, output_tokens, reported_cost::text from raw.cost_log") == [
        (20, 10, "0.0015")
    ]
    assert world.rows("select type, value from raw.feedback_log") == [("thumb", 1.0)]
    assert world.value("select metrics::text from raw.evaluation_log") == '{"faithfulness": 0.5}'


def test_phoenix_tables(world: World, there: str) -> None:
    attributes = {
        "openinference": {"span": {"kind": "LLM"}},
        "llm": {"model_name": "gpt-4o", "provider": "openai",
                "token_count": {"prompt": 100, "completion": 30, "prompt_details": {"cache_read": 40},
                                "completion_details": {"reasoning": 12}},
                "input_messages": [{"message": {"role": "user", "content": "Why?"}}],
                "output_messages": [{"message": {"role": "assistant", "content": "So."}}]},
        "user": {"id": "ana"}, "metadata": {"route": "fast"},
    }  # fmt: skip
    found = {
        "openinference": {"span": {"kind": "RETRIEVER"}},
        "retrieval": {"documents": [{"document": {"id": "d-1", "score": 0.5, "content": "text"}}]},
    }
    with psycopg.connect(there, autocommit=True) as connection:
        connection.execute(PHOENIX.encode())
        connection.execute("insert into projects (name) values ('shop')")
        connection.execute("insert into project_sessions (session_id, project_id) values ('s-1', 1)")
        connection.execute(
            "insert into traces (project_rowid, trace_id, project_session_rowid) values (1, 'a1', 1)"
        )
        for span, parent, kind, said in (
            ("b1", None, "LLM", attributes),
            ("b2", "b1", "RETRIEVER", found),
        ):
            connection.execute(
                """insert into spans (trace_rowid, span_id, parent_id, name, span_kind, start_time,
                end_time,
                       attributes, events, status_code)
                   values (1, %s, %s, 'call', %s, '2026-03-01T10:00:00Z', '2026-03-01T10:00:01.5Z',
                   %s, '[]',
                       'OK')""",
                (span, parent, kind, json.dumps(said)),
            )
        connection.execute(
            """insert into span_annotations (span_rowid, name, score, label, annotator_kind,
            created_at) values
               (1, 'user feedback', 1, 'thumbs-up', 'HUMAN', '2026-03-01T11:00:00Z'),
               (1, 'faithfulness', 0.5, 'fine', 'LLM', '2026-03-01T11:00:00Z')"""
        )
    first = {"spans": (3, 0, 0, 0), "span_annotations": (2, 0, 0, 0)}
    assert imported("phoenix", there) == first
    assert imported("phoenix", there) == {log: (0, counts[0], 0, 0) for log, counts in first.items()}
    cost = """select query_id, input_tokens, cache_read_tokens, output_tokens, reasoning_tokens,
    source, project
              from raw.cost_log"""
    assert world.rows(cost) == [("a1", 60, 40, 18, 12, "phoenix", "shop")]
    assert world.rows("select latency_ms, session_id, model from raw.query_log") == [
        (1500.0, "s-1", "gpt-4o")
    ]
    assert world.value("select body from vault.text where field = 'query_text'") == "Why?"
    assert world.rows("select doc_id, score from raw.retrieval_document") == [("d-1", 0.5)]
    assert world.rows("select type, value, query_id from raw.feedback_log") == [("thumb", 1.0, "a1")]
    assert world.value("select count(*) from raw.evaluation_log") == 1
