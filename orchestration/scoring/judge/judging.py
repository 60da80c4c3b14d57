"""One run of the judge: many answers at once, within a budget, giving up when the endpoint is away."""

import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from orchestration.scoring.judge.config import JudgeConfig
from orchestration.scoring.judge.endpoint import CallError, Reply, call
from orchestration.scoring.judge.rubric import (
    REPLY_TOKENS,
    BadReplyError,
    Form,
    Judgement,
    Request,
    ask,
    believe,
    forms,
)

# Judgements in a row that were given up because nothing answered: then nobody is there.
AWAY_AFTER = 3
# Judgements in a row that were answered with a refusal, or with what nobody can read: then it is not
# the texts. More of them, since `--rescore` begins with the texts that were refused before.
REFUSED_AFTER = 10
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 20.0
# Hardly any text has more tokens than characters: an estimate before a call must not be too low.
CHARACTERS_A_TOKEN = 1


@dataclass(frozen=True)
class Case:
    """An answer to be judged."""

    question: str
    passages: Sequence[str]
    answer: str


@dataclass
class Spent:
    """One call that was answered, and so is billed."""

    attempt: int
    input_tokens: int | None
    output_tokens: int | None
    usd: float | None


@dataclass
class Verdict:
    """A judgement, or why there is none; `was_asked` tells whether anything was sent."""

    judgement: Judgement | None = None
    why_not: str | None = None
    spent: list[Spent] = field(default_factory=list)
    attempts: int = 0

    @property
    def was_asked(self) -> bool:
        return self.attempts > 0


@dataclass
class Judging:
    """`why_stopped` is set once the run gives up; what was not judged by then is not judged."""

    config: JudgeConfig
    send: Callable[[JudgeConfig, Request, Form], Reply] = call
    jitter: Callable[[], float] = random.random
    why_stopped: str | None = None
    usd: float = 0.0
    calls: int = 0
    _forms: list[Form] = field(default_factory=forms)  # from the strictest that may work
    _given_up: int = 0
    _refused: int = 0
    _in_flight: int = 0
    _room: threading.Condition = field(default_factory=threading.Condition)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _until: float = 0.0

    def __post_init__(self) -> None:
        self._until = time.monotonic() + self.config.run_s

    def judge_all(self, cases: Iterable[Case]) -> list[Verdict]:
        with ThreadPoolExecutor(self.config.concurrency, "judge") as pool:
            return list(pool.map(self.judge, cases))

    def judge(self, case: Case) -> Verdict:
        request = ask(case.question, case.passages, case.answer)
        verdict, left = Verdict(), self._forms.copy()
        while verdict.judgement is None and verdict.attempts < self.config.attempts:
            reserved = self._reserve(request)
            if reserved is None:
                verdict.why_not = verdict.why_not or self.why_stopped
                return verdict
            verdict.attempts += 1
            wait_s = self._attempt(request, verdict, reserved, left)
            if wait_s is None:
                return verdict
            if verdict.judgement is None and verdict.attempts < self.config.attempts:
                self._stopped.wait(self._backoff(verdict.attempts, wait_s))
        return verdict

    def _attempt(
        self, request: Request, verdict: Verdict, reserved: float, left: list[Form]
    ) -> float | None:
        """Tells how long the endpoint wants to be left alone; None where asking again is of no use."""
        try:
            reply = self.send(self.config, request, left[0])
        except CallError as error:
            self._settle(reserved, reserved if error.is_billed else 0.0)
            verdict.why_not = error.why
            is_last = not error.is_passing or verdict.attempts == self.config.attempts
            if error.why == "format_refused":
                del left[0]
            self._failed(error, is_last)
            return None if is_last else error.wait_s
        usd = self._price(reply.input_tokens, reply.output_tokens)
        self._settle(reserved, reserved if usd is None else usd)
        self._worked(left)
        verdict.spent.append(Spent(verdict.attempts, reply.input_tokens, reply.output_tokens, usd))
        try:
            verdict.judgement, verdict.why_not = believe(request, reply.text), None
        except BadReplyError as error:
            verdict.why_not = error.why
        return 0.0

    def _worked(self, left: list[Form]) -> None:
        """Who answers when held to less is not asked for more again. Before that nobody knows whether
        the form was refused, or the text."""
        with self._room:
            self._given_up = self._refused = 0
            if len(left) < len(self._forms):
                self._forms = left.copy()

    def _failed(self, error: CallError, is_last: bool) -> None:
        with self._room:
            if error.is_of_text:
                self._given_up = 0
                self._refused += is_last
            elif not error.is_passing:
                # A wrong key or a wrong model will be wrong the next time too.
                self._stop(error.why)
            else:
                self._given_up += is_last
            if self._given_up >= AWAY_AFTER:
                self._stop("endpoint_away")
            if self._refused >= REFUSED_AFTER:
                self._stop(error.why)

    def _reserve(self, request: Request) -> float | None:
        """What the call may cost at most, taken off the budget beforehand: calls run side by side."""
        estimate = self._price(request.characters // CHARACTERS_A_TOKEN + 1, REPLY_TOKENS) or 0.0
        with self._room:
            # What the calls under way do not use up, another may.
            while self._in_flight and self._is_over(estimate):
                self._room.wait()
            if self._is_over(estimate):
                self._stop("budget_spent")
            elif time.monotonic() > self._until:
                self._stop("out_of_time")
            if self._stopped.is_set():
                return None
            self.usd += estimate
            self.calls += 1
            self._in_flight += 1
        return estimate

    def _is_over(self, estimate: float) -> bool:
        return self.calls >= self.config.most_calls or self.usd + estimate > self.config.budget_usd

    def _settle(self, reserved: float, usd: float) -> None:
        with self._room:
            self.usd += usd - reserved
            self._in_flight -= 1
            self._room.notify_all()

    def _price(self, input_tokens: int | None, output_tokens: int | None) -> float | None:
        of_input, of_output = self.config.input_usd_per_million, self.config.output_usd_per_million
        if of_input is None or of_output is None or input_tokens is None or output_tokens is None:
            return None
        return (input_tokens * of_input + output_tokens * of_output) / 1e6

    def _backoff(self, attempts: int, asked_s: float) -> float:
        """Twice as long each time, and spread: who failed together must not come back together."""
        longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (attempts - 1))
        return min(LONGEST_WAIT_S, max(asked_s, longest * (0.5 + self.jitter() / 2)))

    def _stop(self, why: str) -> None:
        self.why_stopped = self.why_stopped or why
        self._stopped.set()
