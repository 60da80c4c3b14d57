"""The simulator against its own truth and the contract, by a reader that shares no code with it."""

import csv
import gzip
import json
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from orchestration.errors import AssayError
from orchestration.settings import PROJECT_DIR
from orchestration.simulator.commands import simulate
from orchestration.simulator.world import WORKSPACES

DAYS = 21
QUERIES = 250

ENVELOPE = (
    "kind event_id ts workspace source environment release region project task_id trace_id span_id "
    "parent_span_id session_id user_id attributes"
)
ENUMS: dict[str, dict[str, str]] = {
    "query": {"status": "ok error cancelled blocked", "cache_kind": "exact semantic"},
    "retrieval": {"status": "ok error"},
    "feedback": {
        "type": "thumb stars text correction flag implicit",
        "severity": "low medium high critical",
        "resolution": "open fixed dismissed",
    },
    "cost": {
        "call_type": "generation embedding rerank judge tool other",
        "service_tier": "standard batch flex priority",
    },
    "guardrail": {
        "verdict": "pass flag block mask error",
        "stage": "input output retrieval tool",
        "human_override": "upheld overturned",
    },
    "evaluation": {"target_type": "query session document user"},
    "outcome": {"target_type": "session task", "result": "success failure escalated abandoned"},
    "tool": {"status": "ok error"},
    "decision": {"object_type": "gap alert prompt article feedback"},
    "document": {"change": "added updated removed"},
    "change": {"what": "release prompt model index route config other"},
    "privacy": {"order": "exclude include reset erase", "scope": "user session workspace"},
    "audit": {"outcome": "success failure denied"},
}
# kind -> fields of the contract besides the envelope; "!" marks the required ones.
FIELDS: dict[str, str] = {
    "query": (
        "query_id parent_query_id turn surface feature schema_type locale assistant "
        "assistant_version prompt_name prompt_version experiment variant route_policy "
        "route_propensity query_type access_level operation provider model_requested model "
        "status! error_type finish_reason refused answered cache_hit cache_kind latency_ms "
        "first_event_ms first_token_ms retrieval_ms llm_ms complexity confidence context_tokens "
        "context_limit_tokens truncated_tokens truncation tool_calls tool_errors citations "
        "attachments query_text response_text error_message"
    ),
    "retrieval": (
        "query_id data_source retriever index_version embedding_model strategy top_k status "
        "error_type latency_ms result_count! documents query_text"
    ),
    "feedback": (
        "query_id type! value reasons severity resolution solicited asked_at ask_probability "
        "answered supersedes comment correction"
    ),
    "cost": (
        "query_id call_type provider model! service_tier input_tokens cache_read_tokens "
        "cache_write_tokens cache_write_1h_tokens audio_input_tokens image_input_tokens "
        "output_tokens reasoning_tokens audio_output_tokens requests reported_cost currency"
    ),
    "guardrail": (
        "query_id guardrail! version provider stage verdict! policy category risk_score latency_ms "
        "human_override"
    ),
    "usage": "feature! action! surface duration_ms value",
    "evaluation": (
        "target_type! target_id! evaluator! evaluator_version! metrics! label "
        "judge_cost_event_id explanation"
    ),
    "outcome": "target_type! target_id! result! value duration_ms iterations tags quality",
    "tool": "query_id agent tool! status! error_type latency_ms",
    "decision": "object_type! object_id! decision! actor related_id note",
    "document": "doc_id! chunk_id version collection title change text",
    "change": "what! name version previous detail",
    "privacy": "order! scope! target_id! actor",
    "metric": "name! value! unit tags",
    "bill": "provider! model day! amount! currency units",
    "audit": "actor! action! object_type! object_id outcome! ip detail",
}
SHARES = {"complexity", "confidence", "route_propensity", "ask_probability", "risk_score"}
COUNTED = ("queries", "ok", "error", "cancelled", "blocked", "refused", "cache_hits", "truncated")
TOKEN_FIELDS = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
)
Row = dict[str, Any]


def run(out: Path, *options: str) -> Row:
    result = CliRunner().invoke(
        simulate, ["--out", str(out), "--json", *options], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    report: Row = json.loads(result.stdout)
    return report


def truth_of(folder: Path) -> Row:
    truth: Row = json.loads((folder / "truth.json").read_bytes())
    return truth


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def rows_of(folder: Path) -> list[Row]:
    """The first line of every key, in the order of landing."""
    seen: dict[tuple[str, str, str], Row] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for raw in path.read_bytes().split(b"\n"):
            row, _ = read(raw)
            if row is not None:
                seen.setdefault((row["workspace"], row["kind"], row["event_id"]), row)
    return list(seen.values())


def read(raw: bytes) -> tuple[Row | None, str]:
    """An oracle for the kinds of damage that the simulator does: a row, or a reason."""
    if not raw:
        return None, "EMPTY"
    if b"\x00" in raw:
        return None, "NUL_BYTE"
    try:
        row = json.loads(raw.decode(), object_pairs_hook=_pairs, parse_constant=_constant)
    except UnicodeDecodeError:
        return None, "BAD_UTF8"
    except json.JSONDecodeError:
        return None, "BAD_JSON"
    except _BadLineError as error:
        return None, error.args[0]
    return _checked(row)


class _BadLineError(Exception):
    pass


def _pairs(pairs: list[tuple[str, Any]]) -> Row:
    if len({key for key, _ in pairs}) < len(pairs):
        raise _BadLineError("DUP_KEY")
    return dict(pairs)


def _constant(_: str) -> None:
    raise _BadLineError("NOT_FINITE")


def _checked(row: Row) -> tuple[Row | None, str]:
    if row.get("kind") not in FIELDS:
        return None, "UNKNOWN_KIND"
    try:
        validate(row)
    except _BadLineError as error:
        return None, error.args[0]
    return row, ""


def validate(row: Row) -> None:
    kind = row["kind"]
    names = FIELDS[kind].split()
    required = {"event_id", "ts"} | {name[:-1] for name in names if name.endswith("!")}
    known = {name.rstrip("!") for name in names} | set(ENVELOPE.split())
    if unknown := set(row) - known:
        raise AssertionError(f"{kind} has unknown fields {unknown}")
    if required - set(row):
        raise _BadLineError("MISSING_FIELD")
    _check_time(row["ts"])
    for name, value in row.items():
        _check_value(kind, name, value)
    if _depth(row) > 64:
        raise _BadLineError("TOO_DEEP")


def _check_time(ts: Any) -> None:
    if not isinstance(ts, str):
        raise _BadLineError("BAD_TYPE")
    at = datetime.fromisoformat(ts)
    if at.tzinfo is None:
        raise _BadLineError("NO_TZ")
    if not datetime(2015, 1, 1, tzinfo=UTC) <= at <= datetime.now(UTC) + timedelta(hours=24):
        raise _BadLineError("TIME_WINDOW")


def _check_value(kind: str, name: str, value: Any) -> None:
    if name.endswith(("_tokens", "_calls", "_errors", "_count")):
        if not isinstance(value, int):
            raise _BadLineError("BAD_TYPE")
        if value < 0:
            raise _BadLineError("RANGE")
    if name.endswith("_ms"):
        if not isinstance(value, int | float):
            raise _BadLineError("BAD_TYPE")
        if value == float("inf"):
            raise _BadLineError("NOT_FINITE")
    if name in SHARES and not 0 <= value <= 1:
        raise _BadLineError("RANGE")
    if value is None or (isinstance(value, str) and "\ud800" in value):
        raise _BadLineError("BAD_UNICODE")
    choices = ENUMS.get(kind, {}).get(name)
    if choices and value not in choices.split():
        raise _BadLineError("BAD_VALUE")


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max((_depth(item) for item in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((_depth(item) for item in value), default=0)
    return 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("logs")
    began = time.monotonic()
    report = run(out, "--days", str(DAYS), "--queries-per-day", str(QUERIES), "--seed", "5")
    assert report["files"] == DAYS
    assert report["lines"] / (time.monotonic() - began) >= 5_000
    print(f"simulator: {report['lines_per_second']:,} lines a second")
    return out


@pytest.fixture(scope="module")
def truth(folder: Path) -> Row:
    return truth_of(folder)


@pytest.fixture(scope="module")
def rows(folder: Path) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows_of(folder):
        grouped[row["kind"]].append(row)
    return grouped


def utc_day(ts: str) -> str:
    return datetime.fromisoformat(ts).astimezone(UTC).date().isoformat()


def nanos(row: Row) -> int:
    return int(Decimal(row["reported_cost"]) * 10**9)


def test_equal_orders_give_equal_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    """A test that compares marts to the truth needs the same logs on every machine."""
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        run(tmp_path / name, "--days", "3", "--queries-per-day", "200", "--seed", seed)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a") != contents(tmp_path / "c")


def test_gzip_holds_the_same_lines(tmp_path: Path) -> None:
    run(tmp_path / "plain", "--days", "2", "--queries-per-day", "60")
    run(tmp_path / "packed", "--days", "2", "--queries-per-day", "60", "--gzip")
    for path in (tmp_path / "plain").glob("*.jsonl"):
        packed = tmp_path / "packed" / f"{path.name}.gz"
        assert gzip.decompress(packed.read_bytes()) == path.read_bytes()


def test_clean_run_has_no_defects_and_every_line_fits_the_contract(tmp_path: Path) -> None:
    run(tmp_path, "--days", "5", "--queries-per-day", "150", "--clean")
    lines = [
        line for path in sorted(tmp_path.glob("*.jsonl")) for line in path.read_bytes().splitlines()
    ]
    totals = truth_of(tmp_path)["totals"]
    assert totals["lines"] == totals["accepted"] == len(lines)
    assert [read(line)[1] for line in lines if read(line)[0] is None] == []


def test_defects_do_not_change_what_happened(tmp_path: Path) -> None:
    """Clean and spoiled logs of one seed hold the same events; otherwise no two are comparable."""
    options = ("--days", "4", "--queries-per-day", "150", "--seed", "8")
    run(tmp_path / "clean", *options, "--clean")
    run(tmp_path / "spoiled", *options)
    for name in ("day_totals", "costs"):
        assert truth_of(tmp_path / "clean")[name] == truth_of(tmp_path / "spoiled")[name]

    def keyed(folder: Path) -> dict[tuple[str, str, str], Row]:
        return {(r["workspace"], r["kind"], r["event_id"]): r for r in rows_of(folder)}

    assert keyed(tmp_path / "clean") == keyed(tmp_path / "spoiled")


def test_every_kind_appears(rows: dict[str, list[Row]]) -> None:
    assert set(rows) == set(FIELDS)


def test_tiny_runs_work_and_say_what_they_leave_out(tmp_path: Path) -> None:
    run(tmp_path, "--days", "1", "--queries-per-day", "1")
    assert {"late_lines", "worse_prompt", "gap_article"} <= set(truth_of(tmp_path)["omitted"])


def test_accounting_equals_an_independent_recount(folder: Path, truth: Row) -> None:
    """The truth about each file, recounted by parsing it; else landing is tested against a guess."""
    seen: dict[tuple[str, str, str], Row] = {}
    for file in truth["files"]:
        raw = (folder / file["name"]).read_bytes()
        lines = raw.split(b"\n")
        tail = lines.pop()
        counts = Counter({"TRUNCATED_TAIL": 1} if tail else {})
        for line in lines:
            row, reason = read(line)
            if row is None:
                counts[reason] += 1
                continue
            key = (row["workspace"], row["kind"], row["event_id"])
            first = seen.setdefault(key, row)
            fate = "accepted" if first is row else "duplicate" if first == row else "conflict"
            counts[fate] += 1
        expected = Counter(file["quarantined"])
        expected.update({fate: file[fate] for fate in ("accepted", "duplicate", "conflict")})
        assert +counts == +expected, file["name"]
        assert file["lines"] == counts.total()
    assert len(truth["totals"]["quarantined"]) >= 14
    assert Counter(kind for _, kind, _ in seen) == truth["totals"]["accepted_by_kind"]


def test_defects_are_rare_and_some_lines_are_weeks_late(truth: Row) -> None:
    totals = truth["totals"]
    assert 0 < totals["lines"] - totals["accepted"] < totals["lines"] / 100
    assert len(truth["late_lines"]) == totals["late"] < totals["lines"] / 100
    assert max(line["days_late"] for line in truth["late_lines"]) > 10


def test_day_totals_equal_the_rows(rows: dict[str, list[Row]], truth: Row) -> None:
    """Queries, endings, tokens and cost by the day on which the query began, to the last nano."""
    day_of = {(q["workspace"], q["event_id"]): utc_day(q["ts"]) for q in rows["query"]}
    counted: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    users: dict[tuple[str, str], set[str]] = defaultdict(set)
    for query in rows["query"]:
        key = (utc_day(query["ts"]), query["workspace"])
        counted[key].update(["queries", query["status"]])
        counted[key]["refused"] += query["refused"]
        counted[key]["cache_hits"] += query.get("cache_hit", False)
        counted[key]["truncated"] += query.get("truncated_tokens", 0) > 0
        users[key].add(query["user_id"])
    for cost in rows["cost"]:
        if "query_id" in cost:
            day = day_of[cost["workspace"], cost["query_id"]]
            sums = counted[day, cost["workspace"]]
            sums[f"{cost['call_type']}.nanos"] += nanos(cost)
            for name in TOKEN_FIELDS:
                sums[f"{cost['call_type']}.{name}"] += cost.get(name, 0)
    assert len(counted) == len(truth["day_totals"])
    for true in truth["day_totals"]:
        key = (true["day"], true["workspace"])
        got = counted[key]
        for name in COUNTED:
            assert got[name] == true[name], (key, name)
        assert len(users[key]) == true["users"]
        for call_type in ("generation", "embedding", "rerank", "other"):
            assert got[f"{call_type}.nanos"] == true["cost_nanos"][call_type]
            for name in TOKEN_FIELDS if call_type in true["tokens"] else ():
                tokens = true["tokens"][call_type][name.removesuffix("_tokens")]
                assert got[f"{call_type}.{name}"] == tokens


def test_excluded_totals_equal_the_rows_of_excluded_people(
    rows: dict[str, list[Row]], truth: Row
) -> None:
    people = {tuple(pair) for pair in truth["privacy"]["excluded_users"]}
    sessions = {tuple(pair) for pair in truth["privacy"]["excluded_sessions"]}
    assert people
    assert sessions
    excluded = [
        query
        for query in rows["query"]
        if (query["workspace"], query["user_id"]) in people
        or (query["workspace"], query["session_id"]) in sessions
    ]
    assert len(excluded) == sum(day["excluded"]["queries"] for day in truth["day_totals"])
    ordered = {
        (row["workspace"], row["target_id"]) for row in rows["privacy"] if row["order"] == "exclude"
    }
    readmitted = {tuple(pair) for pair in truth["privacy"]["readmitted_users"]}
    assert ordered == people | sessions | readmitted


def test_bills_equal_summed_costs_but_for_the_planted_line(
    rows: dict[str, list[Row]], truth: Row
) -> None:
    sums: Counter[tuple[str, str, str, str]] = Counter()
    for cost in rows["cost"]:
        key = (utc_day(cost["ts"]), cost["workspace"], cost["provider"], cost["model"])
        sums[key] += nanos(cost)
    billed = {
        (bill["day"], bill["workspace"], bill["provider"], bill["model"]): int(
            Decimal(bill["amount"]) * 10**9
        )
        for bill in rows["bill"]
    }
    assert set(billed) == set(sums)
    wrong = {key for key in sums if sums[key] != billed[key]}
    planted = truth["planted"]["bill_discrepancy"]
    assert {(day, space, model) for day, space, _, model in wrong} == {
        (planted["day"], planted["workspace"], planted["model"])
    }
    assert [billed[key] for key in wrong] == [planted["billed_nanos"]]


def test_costs_follow_the_price_that_held_at_the_time(rows: dict[str, list[Row]], truth: Row) -> None:
    """Tokens are disjoint: each is paid once, at one price, and the sum is the whole context."""
    context = {
        (q["workspace"], q["event_id"]): q["context_tokens"]
        for q in rows["query"]
        if "context_tokens" in q
    }
    prices = sorted(truth["prices"], key=lambda price: price["from"] or "")
    cut = datetime.fromisoformat(truth["planted"]["price_cut"]["at"])
    dear, cheap = 0, 0
    for cost in rows["cost"]:
        at = datetime.fromisoformat(cost["ts"])
        price = next(
            price
            for price in reversed(prices)
            if price["model"] == cost["model"]
            and (price["from"] is None or datetime.fromisoformat(price["from"]) <= at)
        )
        tokens = [cost.get(name, 0) for name in TOKEN_FIELDS]
        unit = [price[name] for name in ("input", "cache_read", "cache_write", "output", "output")]
        assert nanos(cost) == sum(t * p for t, p in zip(tokens, unit, strict=True)) + (
            price["request"] if "requests" in cost else 0
        )
        if cost["call_type"] == "generation":
            assert sum(tokens[:3]) == context[cost["workspace"], cost["query_id"]]
        dear += cost["model"] == truth["planted"]["price_cut"]["model"] and at < cut
        cheap += cost["model"] == truth["planted"]["price_cut"]["model"] and at >= cut
    assert dear
    assert cheap


def test_latency_parts_never_exceed_the_whole(rows: dict[str, list[Row]]) -> None:
    for query in rows["query"]:
        whole = query["latency_ms"]
        assert query.get("retrieval_ms", 0) + query.get("llm_ms", 0) <= whole
        assert query["first_event_ms"] <= query.get("first_token_ms", whole) <= whole


def test_planted_regression_is_in_the_data(rows: dict[str, list[Row]], truth: Row) -> None:
    planted = truth["planted"]["latency_regression"]
    before: list[float] = []
    after: list[float] = []
    for query in rows["query"]:
        if (query["model"], query["surface"]) == (planted["model"], planted["surface"]):
            late = utc_day(query["ts"]) >= planted["from"]
            (after if late else before).extend([query["llm_ms"]] if "llm_ms" in query else [])
    assert len(before) == planted["queries_before"]
    assert len(after) == planted["queries_after"]
    assert 1.15 < statistics.median(after) / statistics.median(before) < 1.6


def test_planted_spike_article_and_trial_are_in_the_data(
    rows: dict[str, list[Row]], truth: Row
) -> None:
    spike = truth["planted"]["safety_spike"]
    blocks = Counter(
        (utc_day(check["ts"]), check["category"])
        for check in rows["guardrail"]
        if check["verdict"] == "block"
    )
    peak = max(count for key, count in blocks.items() if key[0] not in spike["days"])
    assert all(blocks[day, spike["category"]] > peak for day in spike["days"])
    article = truth["planted"]["gap_article"]
    published = [row for row in rows["document"] if row["doc_id"] == article["doc_id"]]
    assert published
    assert any(
        row["decision"] == "resolve" and row["related_id"] == article["doc_id"]
        for row in rows["decision"]
    )
    arms = truth["satisfaction"]["experiment_arm"]
    share = {arm: sums["satisfied"] / sums["queries"] for arm, sums in arms.items()}
    assert share["treatment"] < share["control"] - 0.05
    variants = Counter(query["variant"] for query in rows["query"] if "variant" in query)
    assert variants == {arm: sums["queries"] for arm, sums in arms.items()}


def test_true_preferences_are_what_users_mostly_choose(rows: dict[str, list[Row]], truth: Row) -> None:
    followed: Counter[bool] = Counter()
    for query in rows["query"]:
        chosen = query.get("attributes", {})
        true = truth["preferences"]["users"][query["workspace"]][query["user_id"]]
        for name, value in chosen.items():
            preferred = true.get(f"{query['surface']}.{name}")
            if preferred is not None:
                followed[preferred == value] += 1
    assert followed.total() > 500
    assert 0.8 < followed[True] / followed.total() < 0.95


def test_churners_were_there_and_stayed_away(rows: dict[str, list[Row]], truth: Row) -> None:
    last: dict[tuple[str, str], str] = {}
    for query in rows["query"]:
        key = (query["workspace"], query["user_id"])
        last[key] = max(last.get(key, ""), utc_day(query["ts"]))
    assert truth["planted"]["churners"]
    for person in truth["planted"]["churners"]:
        assert last[person["workspace"], person["user_id"]] == person["last_day"]


def test_unanswered_asks_carry_what_a_correction_for_bias_needs(
    rows: dict[str, list[Row]],
) -> None:
    silent = [row for row in rows["feedback"] if row.get("answered") is False]
    assert silent
    for row in silent:
        assert row["solicited"]
        assert "value" not in row
        assert row["asked_at"] <= row["ts"]
        assert 0 < row["ask_probability"] < 1


def test_lines_refer_to_rows_that_exist(rows: dict[str, list[Row]]) -> None:
    queries = {(query["workspace"], query["event_id"]) for query in rows["query"]}
    for row in _referring(rows):
        assert (row["workspace"], row["query_id"]) in queries
    tools = Counter((row["workspace"], row["query_id"]) for row in rows["tool"])
    for query in rows["query"]:
        assert tools[query["workspace"], query["event_id"]] == query["tool_calls"]


def _referring(rows: dict[str, list[Row]]) -> Iterator[Row]:
    for kind in ("retrieval", "feedback", "cost", "guardrail", "tool"):
        yield from (row for row in rows[kind] if "query_id" in row)


def test_hidden_truth_is_not_in_the_lines(folder: Path) -> None:
    for path in folder.glob("*.jsonl"):
        content = path.read_bytes()
        for word in (b"satisfied", b'"quality":0', b"true_"):
            assert word not in content


def test_a_folder_with_other_logs_is_refused(tmp_path: Path) -> None:
    """Files of another run would make every total of the truth wrong."""
    (tmp_path / "2001-01-01.jsonl").write_text("{}\n")
    with pytest.raises(AssayError, match="choose an empty folder"):
        run(tmp_path, "--days", "1", "--queries-per-day", "5")


@pytest.mark.parametrize("options", [(), ("--gzip",)])
def test_a_run_that_was_stopped_can_be_asked_for_again(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    """The file that it was writing was called another's, until somebody found and removed it."""
    out, whole = tmp_path / "out", tmp_path / "whole"
    order = ("--days", "2", "--queries-per-day", "5", *options)
    run(whole, *order)
    out.mkdir()
    last = max(path.name for path in whole.glob("*.jsonl*"))
    (out / f".{last}.part").write_bytes(b"half a li")
    run(out, *order)
    assert contents(out) == contents(whole)


def test_a_second_run_replaces_the_first(tmp_path: Path) -> None:
    run(tmp_path, "--days", "3", "--queries-per-day", "5")
    run(tmp_path, "--days", "1", "--queries-per-day", "5")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["2026-01-05.jsonl", "prices.csv", "truth.json"]


def test_a_run_into_the_future_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssayError, match="earlier --start"):
        run(tmp_path, "--days", "2", "--start", f"{datetime.now(UTC):%Y-%m-%d}")


def test_the_budgets_that_ship_are_for_made_up_workspaces() -> None:
    """Prevents an alarm about a budget that nobody set, over the spending of whoever installs this."""
    with (PROJECT_DIR / "seeds" / "budgets.csv").open() as file:
        budgeted = {row["workspace"] for row in csv.DictReader(file)}
    assert budgeted
    assert budgeted <= {space.name for space in WORKSPACES}
