"""The learner `judge`: answers of the workspaces that allow it, judged by a language model, once."""

import logging
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from orchestration.scoring.judge.config import JudgeConfig, from_environment
from orchestration.scoring.judge.judging import Case, Judging, Verdict
from orchestration.scoring.judge.rubric import VERSION
from orchestration.scoring.learner import Evaluation, Learner, Lesson
from orchestration.scoring.reading import Session, Target, read
from orchestration.scoring.scorer import Turns

COLUMNS = ("query_text", "response_text", "passages", "status")
# Judgements that land together: what a crash can lose is paid for, but small.
TOGETHER = 40
BATCHES = 100

_BATCHES = """
    select batch_id from ops.admitted_batch where seq > %s and seq <= %s order by seq"""
_JUDGED = """
    select (md5(workspace || chr(31) || target_id)::uuid) as target_ref
    from raw.evaluation_log
    where
        (md5(workspace || chr(31) || target_id)::uuid) = any(%s)
        and target_type = 'query' and evaluator = 'judge' and evaluator_version = %s
        and metrics ? 'quality' and source = 'assay'"""
_log = logging.getLogger("assay.judge")


@dataclass(frozen=True)
class Asked:
    target: Target
    case: Case


def learn(lesson: Lesson, start: Callable[[JudgeConfig], Judging] = Judging) -> None:
    config = from_environment()
    if config is None:
        return
    judging = start(config)
    for some in _together(_asked(lesson.session, lesson.seq_from, lesson.seq_to, config)):
        verdicts = judging.judge_all([one.case for one in some])
        lesson.land(
            line
            for one, verdict in zip(some, verdicts, strict=True)
            if verdict.was_asked
            for line in lines(config, one.target, verdict)
        )
        if judging.why_stopped:
            # Names no text and no address.
            _log.warning("The judge stopped: %s. The rest is not judged.", judging.why_stopped)
            return


def _asked(session: Session, seq_from: int, seq_to: int, config: JudgeConfig) -> Iterator[Asked]:
    batches = [batch for (batch,) in session.execute(_BATCHES, (seq_from, seq_to)).fetchall()]
    for start in range(0, len(batches), BATCHES):
        window = batches[start : start + BATCHES]
        for targets, turns in read(session, window, seq_from, COLUMNS):
            refs = [target.query_ref for target in targets]
            judged = {ref for (ref,) in session.execute(_JUDGED, (refs, VERSION)).fetchall()}
            for place, target in enumerate(targets):
                if (
                    target.query_ref not in judged
                    and target.workspace in config.workspaces
                    and is_sampled(target, config.sample)
                ):
                    case = _case(turns, place)
                    if case is not None:
                        judged.add(target.query_ref)
                        yield Asked(target, case)


def is_sampled(target: Target, share: float) -> bool:
    """The same queries in every run, and with a larger share those and others."""
    digest = blake2b(target.query_ref.bytes, digest_size=8, person=b"assay judge").digest()
    return int.from_bytes(digest) < share * 2**64


def _case(turns: Turns, place: int) -> Case | None:
    question, answer = turns["query_text"][place], turns["response_text"][place]
    if turns["status"][place] != "ok" or not question or not answer or answer.isspace():
        return None
    return Case(question, [one.text for one in turns["passages"][place] if one.text], answer)


def _together(asked: Iterator[Asked]) -> Iterator[Sequence[Asked]]:
    some: list[Asked] = []
    for one in asked:
        some.append(one)
        if len(some) == TOGETHER:
            yield some
            some = []
    if some:
        yield some


def lines(config: JudgeConfig, target: Target, verdict: Verdict) -> Iterator[Evaluation]:
    """What it cost, and what it said; a judgement that failed says why and has no quality."""
    shared: dict[str, Any] = {"workspace": target.workspace}
    run, now = secrets.token_hex(6), datetime.now(UTC).isoformat()
    paid = None
    for spent in verdict.spent:
        paid = f"judge:{VERSION}:{target.query_ref.hex}:{run}:{spent.attempt}"
        # Not a cost of the query: what serving it takes does not depend on who looks at it later.
        yield shared | {
            "kind": "cost",
            "ts": now,
            "event_id": paid,
            "call_type": "judge",
            "provider": config.provider,
            "model": config.model,
            "input_tokens": spent.input_tokens,
            "output_tokens": spent.output_tokens,
            "reported_cost": None if spent.usd is None else f"{spent.usd:.9f}",
        }
    found = verdict.judgement
    yield shared | {
        "ts": target.ts.isoformat(),
        "target_type": "query",
        "target_id": target.query_id,
        "user_id": target.user_id,
        "metrics": {"attempts": float(verdict.attempts), **(found.metrics if found else {})},
        "label": "judged" if found else f"not_judged_{verdict.why_not}",
        "explanation": found.reason if found else None,
        "judge_cost_event_id": paid,
        "attributes": {"model": config.model},
    }


LEARNER = Learner("judge", VERSION, learn)
