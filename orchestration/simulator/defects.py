"""What goes wrong on the way: lines come late, twice, changed or broken, and all of it is counted."""

from collections import Counter
from dataclasses import dataclass, field

import msgspec
import numpy as np

from orchestration.simulator.breakage import altered, broken, cut, reordered
from orchestration.simulator.daylog import KIND_NAMES
from orchestration.simulator.lines import DAY_MS, day_text
from orchestration.simulator.plan import Plan
from orchestration.simulator.truth import LATE_LISTED_MAX, Accounting, Truth

# Shares of a day's lines; a short day gets at least one of each.
_LATE, _DUPLICATE, _CONFLICT, _BROKEN = 0.002, 0.002, 0.0004, 0.001
_BROKEN_LEAST = 3
_NEXT_DAY = 0.3  # of the copies
# Orders, invoices and pages keep their place: their sequence has a meaning of its own.
_MAY_BE_LATE = {"query", "retrieval", "feedback", "cost", "guardrail", "usage", "tool", "outcome"}
_QUERY = KIND_NAMES.index("query")
_CUT_TAIL_EVERY = 7


@dataclass(frozen=True)
class Stray:
    """A line that lands elsewhere than it was written; `kind` only if it is the first of its key."""

    line: bytes
    fate: str  # late, duplicate or conflict
    kind: int = -1


@dataclass
class Defects:
    """Draws from its own stream, so that a clean run holds the same lines without them."""

    plan: Plan
    seed: int
    truth: Truth
    broken_so_far: int = 0
    waiting: dict[int, list[Stray]] = field(default_factory=dict)  # by day of landing

    def spoil(
        self, day: int, kinds: list[int], lines: list[bytes]
    ) -> tuple[list[bytes], bytes, Accounting]:
        """The lines of the file, an unfinished last line, and what landing must make of them."""
        rng = np.random.default_rng([self.seed, day + 1, 9])
        places = np.arange(len(lines), dtype=np.float64)
        late, twice, changed = self._pick(day, kinds, rng)
        self._hold_back(day, kinds, lines, late, rng)
        strays = [(stray, rng.uniform(0, len(lines))) for stray in self.waiting.pop(day, [])]
        strays += self._copy(day, lines, twice, changed, rng)
        bad = self._break(kinds, lines, rng)
        tail = self._tail(day, kinds, lines)

        gone = set(late)
        kept = [i for i in range(len(lines)) if i not in gone]
        everything = [lines[i] for i in kept] + [s.line for s, _ in strays] + [b[1] for b in bad]
        order = np.concatenate(
            [places[kept], [place for _, place in strays], rng.uniform(0, len(lines), len(bad))]
        )
        accepted = Counter(kinds[i] for i in kept)
        accepted.update(stray.kind for stray, _ in strays if stray.kind >= 0)
        fates = Counter(stray.fate for stray, _ in strays)
        reasons = Counter(reason for reason, _ in bad)
        if tail:
            reasons["TRUNCATED_TAIL"] += 1
        accounting = Accounting(
            lines=len(everything) + bool(tail),
            accepted=accepted.total(),
            duplicate=fates["duplicate"],
            conflict=fates["conflict"],
            quarantined=reasons,
            late=fates["late"],
            accepted_by_kind=named_kinds(accepted),
        )
        in_order = [everything[i] for i in np.argsort(order, kind="stable").tolist()]
        return in_order, tail, accounting

    def _pick(
        self, day: int, kinds: list[int], rng: np.random.Generator
    ) -> tuple[list[int], list[int], list[int]]:
        """Three sets of lines without a common member: late, repeated, contradicted."""
        size = len(kinds)
        counts = [max(1, round(size * share)) for share in (_LATE, _DUPLICATE, _CONFLICT)]
        picked = rng.permutation(size)[: sum(counts)].tolist()
        late, rest = picked[: counts[0]], picked[counts[0] :]
        if day + 1 >= self.plan.days:
            late = []
        late = [i for i in late if KIND_NAMES[kinds[i]] in _MAY_BE_LATE]
        return late, rest[: counts[1]], rest[counts[1] :]

    def _hold_back(
        self,
        day: int,
        kinds: list[int],
        lines: list[bytes],
        late: list[int],
        rng: np.random.Generator,
    ) -> None:
        most = min(self.plan.late_days, self.plan.days - 1 - day)
        for i in late:
            days_late = 1 if rng.random() < 0.4 else int(rng.integers(1, most + 1))
            stray = Stray(lines[i], "late", kinds[i])
            self.waiting.setdefault(day + days_late, []).append(stray)
            if len(self.truth.late_lines) < LATE_LISTED_MAX:
                fields = msgspec.json.decode(lines[i])
                self.truth.late_lines.append(
                    {
                        "kind": fields["kind"],
                        "workspace": fields["workspace"],
                        "event_id": fields["event_id"],
                        "file_day": day_text(self.plan.start_ms + (day + days_late) * DAY_MS),
                        "days_late": days_late,
                    }
                )

    def _copy(
        self,
        day: int,
        lines: list[bytes],
        twice: list[int],
        changed: list[int],
        rng: np.random.Generator,
    ) -> list[tuple[Stray, float]]:
        """Copies always land after their original, in this file or the next."""
        copies = [
            (i, Stray(reordered(lines[i]) if n % 3 == 2 else lines[i], "duplicate"))
            for n, i in enumerate(twice)
        ]
        copies += [(i, Stray(altered(lines[i], n), "conflict")) for n, i in enumerate(changed)]
        here = []
        for i, stray in copies:
            if day + 1 < self.plan.days and rng.random() < _NEXT_DAY:
                self.waiting.setdefault(day + 1, []).append(stray)
            else:
                here.append((stray, float(rng.uniform(i + 0.5, len(lines)))))
        return here

    def _break(
        self, kinds: list[int], lines: list[bytes], rng: np.random.Generator
    ) -> list[tuple[str, bytes]]:
        queries = [i for i, kind in enumerate(kinds) if kind == _QUERY]
        count = max(_BROKEN_LEAST, round(len(lines) * _BROKEN))
        bad = []
        for i in rng.choice(queries, count).tolist():
            bad.append(broken(lines[i], self.broken_so_far, self.seed))
            self.broken_so_far += 1
        return bad

    def _tail(self, day: int, kinds: list[int], lines: list[bytes]) -> bytes:
        """Now and then a producer dies in the middle of its last line."""
        if day % _CUT_TAIL_EVERY != min(2, self.plan.days - 1):
            return b""
        return cut(lines[len(kinds) - 1 - kinds[::-1].index(_QUERY)])


def untouched(kinds: list[int]) -> Accounting:
    """A clean file: every line is accepted."""
    accepted = Counter(kinds)
    return Accounting(lines=len(kinds), accepted=len(kinds), accepted_by_kind=named_kinds(accepted))


def named_kinds(counts: Counter[int]) -> Counter[str]:
    return Counter({KIND_NAMES[kind]: count for kind, count in sorted(counts.items())})
