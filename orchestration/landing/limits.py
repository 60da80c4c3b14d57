"""What a line may be. Every limit can be set by an environment variable of the same name."""

import datetime as dt
from dataclasses import dataclass, field

from orchestration.settings import number

EARLIEST = dt.datetime(2015, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Limits:
    line_bytes: int = field(default_factory=lambda: number("ASSAY_MAX_LINE_BYTES", 1 << 20))
    # A record of another system's log, such as an OTLP request: it may hold thousands of spans.
    record_bytes: int = field(default_factory=lambda: number("ASSAY_MAX_RECORD_BYTES", 16 << 20))
    depth: int = field(default_factory=lambda: number("ASSAY_MAX_DEPTH", 64))
    future_hours: int = field(default_factory=lambda: number("ASSAY_MAX_FUTURE_HOURS", 24))
    # A batch ends at whichever comes first; bytes bound the memory, lines the transaction.
    batch_lines: int = field(default_factory=lambda: number("ASSAY_BATCH_LINES", 10_000))
    batch_bytes: int = field(default_factory=lambda: number("ASSAY_BATCH_BYTES", 8 << 20))

    def latest(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + dt.timedelta(hours=self.future_hours)
