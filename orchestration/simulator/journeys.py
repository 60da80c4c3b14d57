"""The lines of the query itself: the question with its answer, and what was retrieved for it."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from orchestration.simulator import plan as planned
from orchestration.simulator import texts
from orchestration.simulator.calls import write_costs, write_guardrails, write_tools
from orchestration.simulator.daylog import DayLog
from orchestration.simulator.knowledge import TOPICS
from orchestration.simulator.lines import (
    Hit,
    Ints,
    Query,
    Retrieval,
    named,
    stamps,
    where,
)
from orchestration.simulator.plan import Plan
from orchestration.simulator.shared import MODEL_NAMES, PROVIDER_NAMES, Charges, Common, chunk_id
from orchestration.simulator.turns import (
    BLOCKED,
    ERROR,
    EXPLORES,
    NO_CACHE,
    OK,
    STATUSES,
    Turns,
)
from orchestration.simulator.world import (
    CHAT,
    CONTENT,
    EMBED,
    FEATURES,
    LOCALES,
    MODELS,
    PROMPT_NAMES,
    SCHEMA_TYPES,
    SETTINGS,
    SURFACES,
    WORKSPACES,
    World,
)

CACHE_KINDS = (None, "exact", "semantic")
_ERRORS = ("timeout", "rate_limited", "provider_unavailable")
_MESSAGES = ("no answer within 30 s", "429 from the provider", "connection reset by the provider")
_LIMITS = np.array([model.context_limit for model in MODELS])
_QUERY_TYPES = [topic.query_type for topic in TOPICS]
_LOGS_TEXT = [space.logs_chunk_text for space in WORKSPACES]


def write_journeys(
    log: DayLog, world: World, plan: Plan, turns: Turns, shared: Common, rng: np.random.Generator
) -> list[Charges]:
    asked = _questions(world, turns)
    log.add(shared.ends_ms, _query_lines(world, turns, shared, asked, rng))
    searched = np.flatnonzero(turns.searched)
    found_ms = (turns.at_ms + turns.retrieval_ms.astype(np.int64))[searched]
    log.add(found_ms, _retrieval_lines(turns, shared, asked, searched, found_ms, rng))
    write_guardrails(log, plan, turns, shared, rng)
    write_tools(log, turns, shared, rng)
    return write_costs(log, plan, turns, shared, rng)


def _questions(world: World, turns: Turns) -> list[str]:
    asks = turns.asks
    made: list[str] = []
    columns = (asks.topic, asks.language, asks.phrase, asks.is_long, asks.is_technical)
    for topic, language, pick, is_long, is_technical, several, retry in zip(
        *(column.tolist() for column in (*columns, asks.is_several, asks.is_retry)), strict=True
    ):
        if retry:
            made.append(made[-1])
            continue
        parts = (is_long, is_technical, several)
        made.append(texts.question(world.phrases, topic, language, pick, parts))
    return made


def _answers(world: World, turns: Turns) -> Iterator[str | None]:
    asks = turns.asks
    for topic, pick, status, covered, refused in zip(
        *(c.tolist() for c in (asks.topic, asks.phrase, turns.status, turns.covered)),
        turns.refused.tolist(),
        strict=True,
    ):
        if status == ERROR:
            yield None
        elif status == BLOCKED:
            yield texts.BLOCKED_ANSWER
        else:
            yield texts.answer(world.phrases, topic, pick, grounded=covered, refused=refused)


def _attributes(turns: Turns) -> list[dict[str, str] | None]:
    """The user's settings; one shared object for each combination."""
    seen: dict[tuple[int, ...], dict[str, str] | None] = {}
    rows = np.column_stack([turns.asks.surface, turns.settings]).tolist()
    attributes = []
    for row in rows:
        key = tuple(row)
        if key not in seen:
            seen[key] = {
                setting.name: setting.choices[choice]
                for setting, choice in zip(SETTINGS, row[1:], strict=True)
                if setting.surface == row[0]
            } or None
        attributes.append(seen[key])
    return attributes


def _query_columns(
    world: World, turns: Turns, shared: Common, rng: np.random.Generator
) -> dict[str, list[Any]]:
    """Every field that is a plain column; `None` leaves a field out of the line."""
    asks, size = turns.asks, turns.size
    language_model = asks.surface <= CONTENT
    called = turns.generated
    failed = turns.status == ERROR
    reason = rng.integers(0, 3, size)
    in_trial = (asks.surface == CHAT) & bool(np.any(turns.prompt == "v4"))
    ids = np.array(shared.ids, object)
    cites = np.where(turns.covered & (turns.status == OK), np.minimum(turns.hits, 2), 0)
    noisy = asks.complexity + np.where(rng.random(size) < 0.03, rng.choice([-0.2, 0.25], size), 0)
    shown = turns.status != BLOCKED
    return {
        "query_id": where(rng.random(size) < 0.5, ids),
        "parent_query_id": where(asks.is_retry, np.roll(ids, 1)),
        "turn": asks.turn.tolist(),
        "surface": named(SURFACES, asks.surface),
        "feature": [
            FEATURES[s][f] for s, f in zip(asks.surface.tolist(), asks.feature.tolist(), strict=True)
        ],
        "schema_type": named(SCHEMA_TYPES, asks.surface),
        "locale": named(LOCALES, asks.language),
        "prompt_name": named(PROMPT_NAMES, asks.surface),
        "prompt_version": turns.prompt.tolist(),
        "experiment": where(in_trial, np.full(size, "chat-answer-v4")),
        "variant": where(in_trial, np.where(turns.treated, "treatment", "control")),
        "route_policy": where(
            language_model, np.where(EXPLORES[asks.workspace], "explore-10", "complexity-1")
        ),
        "route_propensity": where(
            language_model & EXPLORES[asks.workspace] & (turns.cache == NO_CACHE), turns.propensity
        ),
        "query_type": named(_QUERY_TYPES, asks.topic),
        "provider": named(PROVIDER_NAMES, turns.model),
        "model": named(MODEL_NAMES, turns.model),
        "status": named(STATUSES, turns.status),
        "error_type": where(failed, np.array(_ERRORS)[reason]),
        "error_message": where(failed, np.array(_MESSAGES)[reason]),
        "finish_reason": where(called & ~failed, np.where(turns.is_length, "length", "stop")),
        "refused": (turns.refused | (turns.status == BLOCKED)).tolist(),
        "answered": ((turns.status == OK) & ~turns.refused).tolist(),
        "cache_hit": where(language_model & shown, turns.cache != NO_CACHE),
        "cache_kind": named(CACHE_KINDS, turns.cache),
        "latency_ms": turns.latency_ms.tolist(),
        "first_event_ms": turns.first_event_ms.tolist(),
        "first_token_ms": where(language_model & (turns.status != ERROR), turns.first_token_ms),
        "retrieval_ms": where(turns.searched, turns.retrieval_ms),
        "llm_ms": where(turns.llm_ms > 0, turns.llm_ms),
        "complexity": where(rng.random(size) < 0.85, noisy.clip(0, 1).round(2)),
        "confidence": where(language_model & (turns.status == OK), turns.confidence),
        "context_tokens": where(called, turns.context),
        "context_limit_tokens": where(called, _LIMITS[turns.model]),
        "truncated_tokens": where(called, turns.truncated),
        "truncation": where(called & (turns.truncated > 0), np.full(size, "oldest_first")),
        "tool_calls": turns.tools.tolist(),
        "tool_errors": turns.tool_errors.tolist(),
        "citations": where(turns.searched, cites),
        "attachments": asks.attachments.tolist(),
        "response_text": list(_answers(world, turns)),
        "attributes": _attributes(turns),
    }


def _query_lines(
    world: World, turns: Turns, shared: Common, asked: list[str], rng: np.random.Generator
) -> Iterator[Query]:
    columns = {
        "event_id": shared.ids,
        "ts": stamps(turns.at_ms, shared.offsets),
        "workspace": shared.workspaces,
        "region": named([space.region for space in WORKSPACES], turns.asks.workspace),
        "project": [f"p-{user % 40:02d}" for user in turns.asks.user.tolist()],
        "task_id": shared.tasks,
        "session_id": shared.sessions,
        "user_id": shared.users,
        "assistant": named([space.assistant for space in WORKSPACES], turns.asks.workspace),
        "access_level": where(turns.asks.user % 9 > 0, np.full(turns.size, "member")),
        "query_text": asked,
        **_query_columns(world, turns, shared, rng),
    }
    names = tuple(columns)
    for row in zip(*columns.values(), strict=True):
        yield Query(
            environment="production",
            release=shared.release,
            assistant_version=shared.release,
            operation="chat",
            **dict(zip(names, row, strict=True)),
        )


def _retrieval_lines(
    turns: Turns,
    shared: Common,
    asked: list[str],
    searched: Ints,
    found_ms: Ints,
    rng: np.random.Generator,
) -> Iterator[Retrieval]:
    columns = (
        turns.asks.workspace[searched].tolist(),
        turns.asks.surface[searched].tolist(),
        turns.asks.topic[searched].tolist(),
        turns.hits[searched].tolist(),
        turns.scores[searched].tolist(),
        (turns.covered & (turns.status == OK))[searched].tolist(),
        turns.search_failed[searched].tolist(),
        turns.retrieval_ms[searched].tolist(),
        rng.integers(0, 1 << 20, len(searched)).tolist(),
        stamps(found_ms, shared.offsets[searched]),
    )
    for at, space, surface, topic, hits, scores, grounded, failed, ms, pick, ts in zip(
        searched.tolist(), *columns, strict=True
    ):
        yield Retrieval(
            event_id=shared.ids[at],  # the same id as its query: ids are unique in their kind
            ts=ts,
            workspace=shared.workspaces[at],
            session_id=shared.sessions[at],
            user_id=shared.users[at],
            release=shared.release,
            query_id=shared.ids[at],
            data_source="help-pages" if surface == CHAT else "style-guide",
            retriever="vector-1",
            index_version=shared.index_version,
            embedding_model=MODELS[EMBED].name,
            strategy="hybrid" if WORKSPACES[space].reranks else "dense",
            top_k=5,
            status="error" if failed else "ok",
            error_type="index_unavailable" if failed else None,
            latency_ms=ms,
            result_count=hits,
            documents=_documents(space, topic, hits, scores, pick, grounded=grounded),
            query_text=asked[at] if pick % 4 == 0 else None,
        )


def _documents(
    space: int, topic: int, hits: int, scores: list[float], pick: int, *, grounded: bool
) -> list[Hit]:
    """Grounded: the topic's own passages first. Else whatever lies near."""
    documents = []
    source = topic if grounded else _NEIGHBOURS[topic][pick % len(_NEIGHBOURS[topic])]
    reranks = WORKSPACES[space].reranks
    for rank in range(hits):
        facts = TOPICS[source].facts
        fact = (pick + rank) % len(facts)
        score = scores[rank]
        documents.append(
            Hit(
                planned.doc_id(source),
                chunk_id(source, fact),
                rank + 1,
                score,
                rank < 3,
                grounded and rank < 2,
                round(score * score, 4) if reranks else None,
                facts[fact] if _LOGS_TEXT[space] else None,
            )
        )
        if rank + 1 >= len(facts):
            source = _NEIGHBOURS[topic][(pick + rank) % len(_NEIGHBOURS[topic])]
    return documents


def _neighbours(topic: int) -> list[int]:
    """Covered topics of the same surface, which a search returns for want of better."""
    return [
        i
        for i, other in enumerate(TOPICS)
        if i != topic and other.coverage == "covered" and other.surface == TOPICS[topic].surface
    ]


_NEIGHBOURS = [_neighbours(topic) for topic in range(len(TOPICS))]
