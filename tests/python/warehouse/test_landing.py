"""What becomes of a line: accepted, duplicate, conflict or quarantined; never two, never none."""

import datetime as dt
import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, Union
from uuid import UUID

import msgspec
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from landing_world import World, counts, query, tool

from orchestration.landing import diagnose, inbox, parse
from orchestration.landing.contract import KINDS
from orchestration.landing.replay import replay
from orchestration.landing.store import Counts


@pytest.fixture(params=["database_url", "pg16_url"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return World(request.getfixturevalue(request.param), tmp_path)


def test_good_lines_land_typed(world: World) -> None:
    """The whole way of a line: every type of column arrives as it was written."""
    path = world.write(
        "day.jsonl",
        query("q1", latency_ms=12.5, cache_hit=False, model="m", attributes={"a": [1, None]}),
        json.dumps({"kind": "cost", "event_id": "c1", "ts": "2026-03-01T12:00:00.000001+02:00",
                    "model": "m", "reported_cost": "0.000000001", "input_tokens": 7}).encode(),
        json.dumps({"kind": "feedback", "event_id": "f1", "ts": "2026-04-01T10:00:00Z",
                    "type": "stars", "value": 5, "reasons": ["a", 'b"c'], "comment": "hm"}).encode(),
        json.dumps({"kind": "bill", "event_id": "b1", "ts": "2026-03-01T10:00:00Z", "provider": "p",
                    "day": "2024-02-29", "amount": 12.30}).encode(),
    )  # fmt: skip
    assert counts(world.land(path)) == (4, 4, 0, 0, 0)
    assert world.rows("select query_id, latency_ms, cache_hit, attributes from raw.query_log") == [
        ("q1", 12.5, False, {"a": [1, None]})
    ]
    cost = world.rows("select ts at time zone 'UTC', reported_cost::text, requests from raw.cost_log")
    assert [str(value) for value in cost[0]] == ["2026-03-01 10:00:00.000001", "0.000000001", "1"]
    assert world.value("select reasons from raw.feedback_log") == ["a", 'b"c']
    assert world.value("select body from vault.text where field = 'comment'") == "hm"
    assert world.value("select day::text || amount from raw.bill_log") == "2024-02-2912.3"
    assert world.value("select accepted_by_kind->>'query' from landing.batch") == "1"


def test_retrieved_documents_land_in_order_and_their_texts_in_the_vault(world: World) -> None:
    """A passage's text in a raw log would be read by everyone who may read marts."""
    documents = [{"doc_id": "a", "score": 0.5, "text": "secret"}, {"doc_id": "b", "rank": 2}]
    base = {"kind": "retrieval", "event_id": "r", "ts": "2026-03-01T10:00:00Z", "result_count": 2}
    line = json.dumps({**base, "documents": documents, "query_text": "why"}).encode()
    world.land(world.write("r.jsonl", line))
    assert world.rows(
        "select position, doc_id, score, rank from raw.retrieval_document order by 1"
    ) == [
        (1, "a", 0.5, None),
        (2, "b", None, 2),
    ]
    assert world.rows("select field, body from vault.text order by 1") == [
        ("documents.1", "secret"),
        ("query_text", "why"),
    ]


def test_outside_ids_and_texts_are_in_the_vault_alone(world: World) -> None:
    """A person's outside id anywhere else makes every pseudonym worthless."""
    who = "anna-4711"
    common = {"ts": "2026-03-01T10:00:00Z", "user_id": who, "event_id": "1"}
    lines = [
        query("1", user_id=who, query_text=f"I am {who}"),
        json.dumps({**common, "kind": "privacy", "order": "exclude", "scope": "user",
                    "target_id": who, "actor": who}).encode(),
        json.dumps({**common, "kind": "evaluation", "target_type": "user", "target_id": who,
                    "evaluator": "e", "evaluator_version": "1", "metrics": {"m": 1}}).encode(),
        json.dumps({**common, "kind": "audit", "actor": who, "action": "a", "object_type": "o",
                    "outcome": "success"}).encode(),
    ]  # fmt: skip
    assert world.land(world.write("p.jsonl", *lines)).accepted == 4
    tables = world.rows("""select schemaname || '.' || quote_ident(tablename) from pg_tables
        where schemaname in ('raw', 'landing', 'ops') order by 1""")
    assert len(tables) > 20
    for (table,) in tables:
        assert not world.rows(f"select 1 from {table} t where strpos(t::text, '{who}') > 0"), table
    ref = world.value("select subject_ref from vault.subject")
    assert isinstance(ref, UUID)
    assert world.rows("select subject_ref, actor_ref, target_id from raw.privacy_log") == [
        (ref, ref, str(ref))
    ]


def test_a_person_is_another_one_in_another_workspace(world: World) -> None:
    """One reference across workspaces would let one customer follow a person into another's data."""
    lines = [query(n, user_id="u", workspace=w) for n, w in (("1", "a"), ("2", "b"), ("3", "a"))]
    world.land(world.write("w.jsonl", *lines))
    refs = world.rows("select workspace, subject_ref from raw.query_log order by event_id")
    assert refs[0] == refs[2]
    assert refs[0][1] != refs[1][1]


@pytest.mark.parametrize(
    "bad",
    [
        tool("x")[:-9],
        b'{"kind":"tool"',
        tool("x", tool="y").replace(b"y", b"\xff"),
        tool("x", tool="y").replace(b"y", b"\0"),
        tool("x", tool="a\0"),
        tool("x", tool="\ud800"),
        b"\xef\xbb\xbf" + tool("x"),
        tool("x", latency_ms=float("nan")),
        tool("x", latency_ms=1).replace(b"1}", b"1e400}"),
        b'{"kind":"tool","kind":"tool"}',
        tool("x", attributes={"a": 0}).replace(b"0}", b"[" * 100_000 + b"]" * 100_000 + b"}"),
        tool("x", ts="2026-03-01T10:00:00"),
        tool("x", ts="1970-01-01T00:00:00Z"),
        tool("x", kind="sonnet"),
        b"",
    ],
)  # fmt: skip
def test_bad_line_is_kept_and_its_neighbours_land(
    database_url: str, tmp_path: Path, bad: bytes
) -> None:
    """One bad line took the whole file with it."""
    world = World(database_url, tmp_path)
    path = world.write("mixed.jsonl", tool("1"), bad, tool("2"))
    assert counts(world.land(path)) == (3, 2, 0, 0, 1)
    assert world.quarantined_bytes() == [bad]
    line_no, offset, length = world.rows(
        "select line_no, byte_offset, byte_length from landing.quarantine"
    )[0]
    assert line_no == 2
    assert path.read_bytes()[offset : offset + length] == bad


def test_cut_tail_is_kept_as_cut(world: World) -> None:
    """A last line that was still being written looks like a broken producer."""
    path = world.write("cut.jsonl", tool("1"), tool("2")[:-4], end=b"")
    assert counts(world.land(path)) == (2, 1, 0, 0, 1)
    assert world.reasons() == [(2, "TRUNCATED_TAIL")]


def test_complete_last_line_needs_no_newline(world: World) -> None:
    """Public traces end without one; their last row was lost."""
    assert counts(world.land(world.write("t.jsonl", tool("1"), tool("2"), end=b""))) == (2, 2, 0, 0, 0)


def test_same_file_twice_adds_nothing(world: World) -> None:
    """At-least-once delivery is the rule: a second delivery doubled every number."""
    path = world.write("a.jsonl", tool("1"), b"junk", query("1", query_text="t"), tool("1", tool="z"))
    assert counts(world.land(path)) == (4, 2, 0, 1, 1)
    before = world.state()
    assert counts(world.land(path)) == (4, 0, 2, 1, 1)
    assert world.state() == before


def test_same_rows_in_another_file_in_other_order_are_duplicates(world: World) -> None:
    """Dedupe by file name alone lets the same rows in under another name."""
    lines = [tool(str(n)) for n in range(50)]
    world.land(world.write("a.jsonl", *lines), batch_lines=7)
    assert counts(world.land(world.write("b.jsonl", *reversed(lines)))) == (50, 0, 50, 0, 0)


def test_the_same_rows_as_parquet_are_duplicates(world: World) -> None:
    """A form that is read by other rules than lines would count what both hold twice."""
    documents = [{"doc_id": "a", "score": 0.5, "rank": 1}, {"doc_id": "b", "score": None, "rank": 2}]
    base: dict[str, Any] = {"ts": "2026-03-01T10:00:00Z", "workspace": "w"}
    rows: list[dict[str, Any]] = [
        {"kind": "query", "event_id": "q", "status": "ok", "latency_ms": 12.5, "query_text": "né?"},
        {"kind": "retrieval", "event_id": "r", "result_count": 2, "documents": documents},
        {"kind": "cost", "event_id": "c", "model": "m", "input_tokens": 7, "reported_cost": "0.1"},
        {"kind": "none such", "event_id": "x"},
    ]
    table = pa.Table.from_pylist([base | row for row in rows], _parquet_schema())
    pq.write_table(table, world.folder / "rows.parquet", row_group_size=2)
    assert counts(world.land(world.folder / "rows.parquet")) == (4, 3, 0, 0, 1)
    assert world.reasons() == [(4, "UNKNOWN_KIND")]
    assert world.rows("select doc_id, score, rank from raw.retrieval_document order by position") == [
        ("a", 0.5, 1),
        ("b", None, 2),
    ]
    lines = [json.dumps(_without_nulls(base | row)).encode() for row in rows]
    assert counts(world.land(world.write("rows.jsonl", *lines))) == (4, 0, 3, 0, 1)
    assert counts(world.land(world.folder / "rows.parquet")) == (4, 0, 3, 0, 1)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


def _parquet_schema() -> pa.Schema:
    document = pa.struct([("doc_id", pa.string()), ("score", pa.float64()), ("rank", pa.int32())])
    texts = ("kind", "event_id", "ts", "workspace", "status", "query_text", "model", "reported_cost")
    return pa.schema(
        [(name, pa.string()) for name in texts]
        + [("latency_ms", pa.float64()), ("result_count", pa.int16()), ("input_tokens", pa.int64())]
        + [("documents", pa.list_(document))]
    )


@pytest.mark.parametrize("together", [True, False])
def test_first_of_one_key_stays_and_the_other_is_kept_beside_it(world: World, together: bool) -> None:
    """The later line overwrote the earlier one, also when only its time differed."""
    first, other = tool("1", tool="a"), tool("1", tool="a", ts="2026-03-01T10:00:01Z")
    size = 10 if together else 1
    found = world.land(world.write("c.jsonl", first, other, first, other), batch_lines=size)
    assert counts(found) == (4, 1, 1, 2, 0)
    assert world.value("select ts = '2026-03-01T10:00:00Z' from raw.tool_log")
    assert [bytes(row[0]) for row in world.rows("select line from landing.conflict")] == [other]


def test_same_id_in_another_workspace_or_kind_is_another_row(world: World) -> None:
    """Ids are unique per workspace and kind only; a wider key swallows rows."""
    lines = [tool("1"), tool("1", workspace="b"), query("1"), query("1", workspace="b")]
    assert world.land(world.write("k.jsonl", *lines)).accepted == 4


def test_very_long_id_lands(world: World) -> None:
    """An index entry holds about 2,700 bytes; a longer id failed the whole batch."""
    long_id = "ä" * 4500
    line = tool(long_id, session_id=long_id, user_id=long_id, workspace=long_id)
    assert world.land(world.write("l.jsonl", line)).accepted == 1
    assert world.value("select event_id from raw.tool_log") == long_id


def _through_the_inbox(world: World, *lines: bytes) -> Counts:
    for line in lines:
        world.rows("insert into landing.inbox (line) values (%s) returning 1", line.decode())
    with world.lander() as lander:
        return inbox.drain(lander)


def _through_a_file(world: World, *lines: bytes) -> Counts:
    return world.land(world.write("l.jsonl", *lines))


@pytest.mark.parametrize("land", [_through_a_file, _through_the_inbox])
def test_names_of_any_length_land(world: World, land: Callable[..., Counts]) -> None:
    """Prevents a line whose name fits no index entry from stopping all that is behind it."""
    long, other = secrets.token_hex(9000), secrets.token_hex(9000)
    lines = [
        tool("1", **{long: 1}),
        tool("2", source=long, **{long: 1, other: 1}),
        tool("3", source="otel", attributes={"unknown": {long: 1}}),
        json.dumps({"kind": "price", "event_id": "p", "ts": "2026-03-01T10:00:00Z", "model": long,
                    "origin": "override", "valid_from": "2026-03-01T00:00:00Z",
                    "input_price": 1}).encode(),
        tool("4"),
    ]  # fmt: skip
    assert counts(land(world, *lines)) == (5, 5, 0, 0, 0)
    names = world.rows("select source, field from landing.drift")
    assert len(set(names)) == 4
    assert all(len(name) <= 200 for row in names for name in row)
    assert all(field[:100] in (long[:100], other[:100]) for _, field in names)


def test_unknown_fields_of_a_line_are_counted_up_to_a_number(world: World) -> None:
    """Prevents one hostile line from filling the drift report."""
    path = world.write("d.jsonl", tool("1", **{f"name{n}": 1 for n in range(300)}))
    assert world.land(path).accepted == 1
    assert world.value("select count(*) from landing.drift") == 100


def test_sql_in_every_field_is_inert(world: World) -> None:
    """Text from strangers ran as a statement."""
    evil = """'); drop table raw.tool_log; --"$$;\\."""
    fields = dict.fromkeys(("tool", "agent", "workspace", "session_id", "source", "release"), evil)
    line = tool(evil, **fields, user_id=evil, attributes={evil: evil}, **{evil: evil})
    assert world.land(world.write("'; drop schema raw; --.jsonl", line)).accepted == 1
    assert world.value("select tool from raw.tool_log") == evil
    assert world.value("select field from landing.drift") == evil


def test_rows_of_many_months_land_in_their_partitions(world: World) -> None:
    """A month that has no partition yet refused its rows."""
    lines = [
        tool(f"{y}-{m}", ts=f"{y}-{m:02d}-01T00:00:00Z") for y in (2015, 2024) for m in range(1, 13)
    ]
    assert world.land(world.write("m.jsonl", *lines)).accepted == 24
    partitions = world.rows("select tableoid::regclass::text, count(*) from raw.tool_log group by 1")
    assert len(partitions) == 24
    assert all("raw.tool_log_20" in name for name, _ in partitions)


def test_unknown_fields_are_counted_by_source(world: World) -> None:
    """A producer's new field vanished unseen."""
    world.land(
        world.write("d.jsonl", tool("1", mood=1), tool("2", mood=2, source="s"), tool("3", mood=3))
    )
    rows = world.rows("select kind, source, field, lines from landing.drift order by source")
    assert rows == [("tool", "native", "mood", 2), ("tool", "s", "mood", 1)]


def test_ledger_refuses_a_line_that_is_not_accounted_for(world: World) -> None:
    """Counts that do not add up mean lost lines; the database itself must say so."""
    world.land(world.write("a.jsonl", tool("1")))
    with (
        psycopg.connect(world.url) as connection,
        pytest.raises(psycopg.errors.CheckViolation),
    ):
        connection.execute("update landing.batch set accepted = 0")


def test_replay_lands_what_the_contract_now_takes_once(world: World) -> None:
    """A second replay doubled the rows, or the line stayed refused for ever."""
    long_line = tool("1", attributes={"a": "x" * 200})
    path = world.write("a.jsonl", long_line, b"junk")
    assert world.land(path, line_bytes=150).quarantined == 2
    with world.lander() as lander:
        assert counts(replay(lander)) == (2, 1, 0, 0, 1)
        assert counts(replay(lander)) == (1, 0, 0, 0, 1)
    assert world.value("select count(*) from raw.tool_log") == 1
    assert world.rows("""select reason, replay_batch_id is not null from landing.quarantine
        order by line_no""") == [("TOO_LARGE", True), ("BAD_JSON", False)]


def test_a_kind_that_the_contract_has_learned_is_replayed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines of a producer that was upgraded before the warehouse were lost."""
    path = world.write("new.jsonl", tool("1"), query("1"))
    known = {kind: struct for kind, struct in KINDS.items() if kind != "tool"}
    with monkeypatch.context() as before:
        decoder = msgspec.json.Decoder(Union[tuple(known.values())])  # noqa: UP007 - made at run time
        before.setattr(diagnose, "KINDS", known)
        for module in (diagnose, parse):
            before.setattr(module, "DECODER", decoder)
        assert counts(world.land(path)) == (2, 1, 0, 0, 1)
        with world.lander() as lander:
            assert replay(lander).accepted == 0
    assert world.reasons() == [(1, "UNKNOWN_KIND")]
    with world.lander() as lander:
        assert counts(replay(lander)) == (1, 1, 0, 0, 0)
        assert counts(replay(lander)) == (0, 0, 0, 0, 0)
    assert world.value("select count(*) from raw.tool_log") == 1


def test_late_rows_and_clocks_that_are_off_keep_their_own_time(world: World) -> None:
    """Rows of a producer whose clock is two hours fast were refused or moved, and so were late ones.
    What came when is told by the server, whose order is that of the batches."""
    now = dt.datetime.now(dt.UTC)
    moments = [now + dt.timedelta(hours=2), now - dt.timedelta(days=40), now - dt.timedelta(hours=2)]
    for number, moment in enumerate(moments):
        path = world.write(f"{number}.jsonl", tool(str(number), ts=moment.isoformat()))
        assert world.land(path).accepted == 1
    landed = world.rows(
        "select ts, landed_at from raw.tool_log inner join landing.batch using (batch_id)"
        " order by batch_id"
    )
    assert [ts for ts, _ in landed] == moments
    received = [landed_at for _, landed_at in landed]
    assert received == sorted(received)
    assert all(abs(landed_at - now) < dt.timedelta(minutes=10) for landed_at in received)


def test_replay_reads_lines_of_several_parts(world: World) -> None:
    """A line above a megabyte stayed refused even where the limit had been raised."""
    line = tool("1", attributes={"a": "x" * 3_000_000})
    assert world.land(world.write("a.jsonl", line)).quarantined == 1
    with world.lander(line_bytes=4 << 20) as lander:
        assert replay(lander).accepted == 1


def test_replay_goes_through_more_than_one_batch(world: World) -> None:
    """Only the first batch of the quarantine was ever looked at."""
    lines = [tool(str(n), attributes={"a": "x" * 200}) for n in range(25)]
    world.land(world.write("a.jsonl", *lines), line_bytes=150)
    with world.lander(batch_lines=4) as lander:
        assert replay(lander).accepted == 25


def test_inbox_is_drained_in_the_transaction_that_lands(world: World) -> None:
    """Lines were deleted before they had landed, or landed and stayed."""
    big = "x" * 3_000_000
    with psycopg.connect(world.url, autocommit=True) as connection:
        for line in (tool("1"), b"junk", big.encode(), tool("2"), tool("1")):
            connection.execute("insert into landing.inbox (line) values (%s)", (line.decode(),))
    with world.lander() as lander:
        assert counts(inbox.drain(lander)) == (5, 2, 1, 0, 2)
        assert counts(inbox.drain(lander)) == (0, 0, 0, 0, 0)
    assert world.value("select count(*) from landing.inbox") == 0
    assert big.encode() in world.quarantined_bytes()


def test_inbox_keeps_what_could_not_land(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lander that died between the two steps took the lines with it."""
    with psycopg.connect(world.url, autocommit=True) as connection:
        connection.execute("insert into landing.inbox (line) values (%s)", (tool("1").decode(),))

    def dies(*_: object) -> None:
        raise InterruptedError

    with world.lander() as lander, monkeypatch.context() as patch:
        patch.setattr("orchestration.landing.lander.store", dies)
        with pytest.raises(InterruptedError):
            inbox.drain(lander)
    assert world.value("select count(*) from landing.inbox") == 1
    with world.lander() as lander:
        assert inbox.drain(lander).accepted == 1


def test_what_is_acknowledged_is_on_disk(world: World) -> None:
    """A server that is set up to answer before it has written loses what a lander has moved away."""
    with psycopg.connect(world.url, autocommit=True) as connection:
        database = connection.info.dbname
        connection.execute(f"alter database {database} set synchronous_commit = off".encode())
    with world.lander() as lander:
        row = lander.connection().execute("show synchronous_commit").fetchone()
    assert row == ("on",)


def test_empty_file_is_no_batch(world: World) -> None:
    """An empty file made an empty batch, or failed."""
    assert counts(world.land(world.write("e.jsonl", end=b""))) == (0, 0, 0, 0, 0)
    assert world.value("select count(*) from landing.batch") == 0


def test_duplicates_are_looked_up_by_index_however_many_keys_there_are(world: World) -> None:
    """One duplicate in a batch made the planner read all keys ever landed."""
    with psycopg.connect(world.url, autocommit=True) as connection:
        connection.execute("""insert into landing.key
            select gen_random_uuid(), gen_random_uuid(), 0 from generate_series(1, 30000)""")
        connection.execute("analyze landing.key")
    path = world.write("a.jsonl", *(tool(str(n), user_id=f"u{n}") for n in range(2000)))
    scans = (
        "select coalesce(seq_scan, 0) from pg_stat_user_tables where relid = 'landing.key'::regclass"
    )
    world.land(path)
    before = world.value(scans)
    assert world.land(path).duplicate == 2000
    assert world.value(scans) == before
