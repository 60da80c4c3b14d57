"""What the receiver takes. Every limit can be set by an environment variable of the same name."""

from dataclasses import dataclass, field

from orchestration.settings import number


@dataclass(frozen=True)
class ReceiverLimits:
    # A request as it is when unpacked; the collector splits what is larger (`send_batch_max_size`).
    request_bytes: int = field(default_factory=lambda: number("ASSAY_RECEIVE_MAX_BYTES", 16 << 20))
    # What may be on its way at once, from the first byte read to the commit: it bounds the memory.
    waiting_bytes: int = field(default_factory=lambda: number("ASSAY_RECEIVE_WAITING_BYTES", 64 << 20))
    # How long its body may take to arrive: one that stalls holds what others need.
    request_s: int = field(default_factory=lambda: number("ASSAY_RECEIVE_REQUEST_SECONDS", 30))
    # Lines that may wait in the inbox when nobody lands them.
    backlog_lines: int = field(default_factory=lambda: number("ASSAY_RECEIVE_BACKLOG_LINES", 2_000_000))
    retry_after_s: int = field(default_factory=lambda: number("ASSAY_RECEIVE_RETRY_AFTER", 2))
    # How long what waits in the inbox is still landed when it is told to end.
    last_s: int = field(default_factory=lambda: number("ASSAY_RECEIVE_LAST_SECONDS", 10))
