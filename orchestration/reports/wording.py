"""Numbers as people read them. Whatever is said here is noted, so that a text can be searched for a
number that nobody read from a mart."""

import datetime as dt
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal

from orchestration.errors import AssayError
from orchestration.reports.figures import Period, Value

NOTHING: Final[Literal["not judged"]] = "not judged"
MINUS = "\N{MINUS SIGN}"
# "p95" is a name. A number begins where no letter and no digit stands before it.
_NUMBER = re.compile(r"(?<![\w.,])\d(?:[\d,]*\d)?(?:\.\d+)?")


@dataclass
class Wording:
    said: set[str] = field(default_factory=set)

    def money(self, usd: Value) -> str:
        """Three digits that matter; whole dollars from a hundred on."""
        if usd is None:
            return NOTHING
        size = abs(Decimal(str(usd)))
        if size >= 100:
            digits = 0
        elif size >= 1 or not size:
            digits = 2
        else:
            digits = 2 - size.adjusted()
        return self._note(f"{MINUS if usd < 0 else ''}${size:,.{min(digits, 9)}f}")

    def count(self, number: Value) -> str:
        return NOTHING if number is None else self._note(f"{number:,.0f}".replace("-", MINUS))

    def share(self, share: Value) -> str:
        return NOTHING if share is None else self._note(f"{100 * share:.1f} %".replace("-", MINUS))

    def rating(self, stars: Value) -> str:
        return NOTHING if stars is None else self._note(f"{stars:.2f}")

    def ratio(self, ratio: Value) -> str:
        return NOTHING if ratio is None else self._note(f"{ratio:.1f}".replace("-", MINUS))

    def plain(self, number: Value) -> str:
        return "" if number is None else self._note(f"{float(number):,.10g}".replace("-", MINUS))

    def duration(self, ms: Value) -> str:
        if ms is None:
            return NOTHING
        return self._note(f"{ms / 1000:.2f} s" if ms >= 1000 else f"{ms:.0f} ms")

    def day(self, day: dt.date) -> str:
        return self._note(f"{day.day} {day:%B %Y}")

    def period(self, period: Period) -> str:
        return f"{self.day(period.first)} to {self.day(period.last)}"

    def change(self, now: Value, before: Value) -> str:
        """Of two sizes: by how much of the one before."""
        if now is None or not before:
            return ""
        return self._note(f"{100 * (float(now) / float(before) - 1):+.1f} %".replace("-", MINUS))

    def points(self, now: Value, before: Value) -> str:
        """Of two shares: the difference, in points of a hundred."""
        if now is None or before is None:
            return ""
        return self._note(f"{100 * (float(now) - float(before)):+.1f} points".replace("-", MINUS))

    def quoted(self, text: str) -> str:
        """Words of a mart."""
        return self._note(text)

    def require_said(self, text: str) -> None:
        found = set(_NUMBER.findall(text)) - self.said
        if found:
            raise AssayError(
                f"The report is not sent: no mart holds the numbers {', '.join(sorted(found))} in it."
            )

    def _note(self, text: str) -> str:
        self.said.update(_NUMBER.findall(text))
        return text
