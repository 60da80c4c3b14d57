"""The lines of the calls that a query causes: what was billed, screened, and done by tools."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.daylog import DayLog
from orchestration.simulator.lines import (
    DAY_MS,
    Bools,
    Cost,
    Guardrail,
    Ints,
    Tool,
    named,
    stamps,
    usd,
    where,
)
from orchestration.simulator.plan import Plan
from orchestration.simulator.shared import MODEL_NAMES, PROVIDER_NAMES, Charges, Common
from orchestration.simulator.turns import (
    BLOCKED,
    OK,
    Turns,
    token_prices,
)
from orchestration.simulator.world import (
    EMBED,
    RERANK,
    WORKSPACES,
)

_CATEGORIES = ("prompt_injection", "self_harm", "personal_data", "hate", "dangerous_wiring")
_RERANKS = np.array([space.reranks for space in WORKSPACES])


def write_costs(
    log: DayLog, plan: Plan, turns: Turns, shared: Common, rng: np.random.Generator
) -> list[Charges]:
    none = np.zeros(turns.size, np.int64)
    embedded = 8 + turns.asks.phrase % 40
    reranked = turns.searched & _RERANKS[turns.asks.workspace] & (turns.hits > 0)
    zeros = np.column_stack([none] * 5)
    spoken = np.column_stack(
        [turns.uncached_input, turns.cache_read, turns.cache_write, turns.output, turns.reasoning]
    )
    queries = np.column_stack([embedded, none, none, none, none])
    calls: list[tuple[str, str, Bools, Ints, NDArray[np.int64]]] = [
        ("generation", "g", turns.generated, turns.model, spoken),
        ("embedding", "e", turns.searched, none + EMBED, queries),
        ("rerank", "r", reranked, none + RERANK, zeros),
        ("other", "m", turns.rendered, turns.model, zeros),
    ]
    charges = []
    for call_type, suffix, mask, model, tokens in calls:
        at = np.flatnonzero(mask)
        ended = (turns.retrieval_ms if suffix in "er" else turns.latency_ms)[at].astype(np.int64)
        charge = charge_of(
            plan, call_type, at, turns.asks.workspace[at], turns.at_ms[at] + ended, model[at],
            tokens[at],
        )  # fmt: skip
        log.add(charge.at_ms, cost_lines(charge, shared, suffix, rng))
        charges.append(charge)
    return charges


def charge_of(
    plan: Plan,
    call_type: str,
    query: Ints,
    workspace: Ints,
    at_ms: Ints,
    model: Ints,
    tokens: NDArray[np.int64],
) -> Charges:
    prices = token_prices(model, at_ms, plan)
    billed = np.column_stack([tokens[:, :3], tokens[:, 3] + tokens[:, 4]])
    nanos = (billed * prices[:, :4]).sum(axis=1) + prices[:, 4]
    return Charges(call_type, query, workspace, at_ms, model, nanos, tokens)


def cost_lines(
    charge: Charges, shared: Common, suffix: str, rng: np.random.Generator
) -> Iterator[Cost]:
    is_piece = charge.tokens.sum(axis=1) == 0
    tokens = [where(~is_piece, charge.tokens[:, column]) for column in range(5)]
    names = named(MODEL_NAMES, charge.model)
    providers = named(PROVIDER_NAMES, charge.model)
    says_currency = (rng.random(len(names)) < 0.5).tolist()
    times = stamps(charge.at_ms, shared.offsets[charge.query])
    nanos = charge.nanos.tolist()
    for row, at in enumerate(charge.query.tolist()):
        yield Cost(
            event_id=f"{shared.ids[at]}-{suffix}",
            ts=times[row],
            workspace=shared.workspaces[at],
            session_id=shared.sessions[at],
            user_id=shared.users[at],
            task_id=shared.tasks[at],
            # A judge's call is caused by the sample, not by the person who asked.
            query_id=None if charge.call_type == "judge" else shared.ids[at],
            call_type=charge.call_type,
            provider=providers[row],
            model=names[row],
            service_tier="standard",
            input_tokens=tokens[0][row],
            cache_read_tokens=tokens[1][row],
            cache_write_tokens=tokens[2][row],
            output_tokens=tokens[3][row],
            reasoning_tokens=tokens[4][row],
            requests=1 if is_piece[row] else None,
            reported_cost=usd(nanos[row]),
            currency="USD" if says_currency[row] else None,
        )


def write_guardrails(
    log: DayLog, plan: Plan, turns: Turns, shared: Common, rng: np.random.Generator
) -> None:
    """Every question is screened, half of the answers, and all of them where they were blocked."""
    blocked = turns.status == BLOCKED
    is_spike = (int(turns.at_ms[0]) - plan.start_ms) // DAY_MS in plan.spike_days
    category = np.where(is_spike & (rng.random(turns.size) < 0.9), 0, rng.integers(0, 5, turns.size))
    everyone = np.arange(turns.size)
    draws = rng.random(turns.size)
    verdict = np.where(draws < 0.012, 1, np.where(draws > 0.9992, 4, 0))
    verdict = np.where(blocked, 2, verdict)
    _add_checks(log, turns, shared, rng, ("input-screen", "input", "in"), everyone, verdict, category)
    answered = (turns.status == OK) & (rng.random(turns.size) < 0.5)
    checked = np.flatnonzero(answered)
    masked = np.where(rng.random(len(checked)) < 0.01, 3, 0)
    which = np.full(len(checked), 2)
    _add_checks(log, turns, shared, rng, ("output-screen", "output", "out"), checked, masked, which)


_VERDICTS = ("pass", "flag", "block", "mask", "error")


def _add_checks(
    log: DayLog,
    turns: Turns,
    shared: Common,
    rng: np.random.Generator,
    names: tuple[str, str, str],
    queries: Ints,
    verdict: Ints,
    category: Ints,
) -> None:
    guardrail, stage, suffix = names
    is_input = stage == "input"
    at_ms = turns.at_ms[queries] + 5 if is_input else shared.ends_ms[queries]
    is_hit = np.isin(verdict, (1, 2, 3))
    reviewed = np.isin(verdict, (1, 2)) & (rng.random(len(queries)) < 0.1)
    overturned = np.where(rng.random(len(queries)) < 0.3, "overturned", "upheld")
    risk = np.where(is_hit, rng.uniform(0.6, 1.0, len(queries)), rng.beta(1.2, 9, len(queries)))
    columns = (
        stamps(at_ms, shared.offsets[queries]),
        named(_VERDICTS, verdict),
        where(is_hit, np.array(_CATEGORIES)[category]),
        risk.round(3).tolist(),
        rng.lognormal(2.3, 0.4, len(queries)).round(1).tolist(),
        where(reviewed, overturned),
    )

    def lines() -> Iterator[Guardrail]:
        for at, ts, said, found, score, ms, override in zip(queries.tolist(), *columns, strict=True):
            yield Guardrail(
                event_id=f"{shared.ids[at]}-{suffix}",
                ts=ts,
                workspace=shared.workspaces[at],
                session_id=shared.sessions[at],
                user_id=shared.users[at],
                query_id=shared.ids[at],
                guardrail=guardrail,
                version="7",
                stage=stage,
                verdict=said,
                category=found,
                policy="house-rules" if found else None,
                risk_score=score,
                latency_ms=ms,
                human_override=override,
            )

    log.add(at_ms, lines())


_TOOLS = ("device_status", "meter_readings", "tariff_lookup", "plan_change")


def write_tools(log: DayLog, turns: Turns, shared: Common, rng: np.random.Generator) -> None:
    queries = np.repeat(np.arange(turns.size), turns.tools)
    nth = np.arange(len(queries)) - np.searchsorted(queries, queries)
    failed = nth < turns.tool_errors[queries]
    ms = rng.lognormal(4.4, 0.6, len(queries)).round(1)
    at_ms = turns.at_ms[queries] + turns.retrieval_ms[queries].astype(np.int64) + 20 * (nth + 1)
    columns = (nth, failed, ms, rng.integers(0, len(_TOOLS), len(queries)))

    def lines() -> Iterator[Tool]:
        for at, ts, number, is_failed, took, tool in zip(
            queries.tolist(),
            stamps(at_ms, shared.offsets[queries]),
            *(column.tolist() for column in columns),
            strict=True,
        ):
            yield Tool(
                event_id=f"{shared.ids[at]}-t{number + 1}",
                ts=ts,
                workspace=shared.workspaces[at],
                session_id=shared.sessions[at],
                task_id=shared.tasks[at],
                user_id=shared.users[at],
                query_id=shared.ids[at],
                agent="home-agent",
                tool=_TOOLS[tool],
                status="error" if is_failed else "ok",
                error_type="device_offline" if is_failed else None,
                latency_ms=took,
            )

    log.add(at_ms, lines())
