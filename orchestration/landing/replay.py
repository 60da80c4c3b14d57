"""Lands quarantined lines again: those that the contract now takes become events, once."""

from typing import Any

import psycopg

from orchestration import crash
from orchestration.landing.lander import Lander
from orchestration.landing.parse import Slice, parse
from orchestration.landing.store import Counts, Origin
from orchestration.sources.again import made_anew

_ORIGIN = Origin("replay")


def replay(lander: Lander, reason: str | None = None) -> Counts:
    """Go through the open lines in order, a batch at a time; refused ones stay as they are."""
    total = Counts()
    after = 0
    while waiting := _waiting(lander, reason, after):
        after = waiting[-1][0]
        anew = [(key, line) for key, kept in waiting for line in made_anew(kept, lander.limits)]
        trial = parse(Slice(1, 0, [line for _, line in anew]), lander.limits)
        refused = {anew[index][0] for index, _ in trial.refused}
        readable = [(key, line) for key, line in anew if key not in refused]
        total.add(Counts(lines=len(refused), quarantined=len(refused)))
        if readable:
            total.add(_land(lander, readable))
    return total


def _waiting(lander: Lander, reason: str | None, after: int) -> list[tuple[int, bytes]]:
    """The next open lines that are short enough to be lines, as many as make a batch."""
    rows = lander.connection().execute(
        """with open_line as (
               select quarantine_id, byte_length from landing.quarantine
               where replay_batch_id is null and quarantine_id > %(after)s
                   and byte_length <= %(line_bytes)s
                   and (reason = %(reason)s or %(reason)s is null)
               order by quarantine_id limit %(lines)s
           ), bounded as (
               select quarantine_id, sum(byte_length) over (order by quarantine_id) as total
               from open_line
           )
           select quarantine_id, string_agg(bytes, ''::bytea order by part)
           from bounded join landing.quarantine_bytes using (quarantine_id)
           where total <= %(bytes)s
           group by quarantine_id
           order by quarantine_id""",
        {"after": after, "line_bytes": lander.limits.line_bytes, "reason": reason,
         "lines": lander.limits.batch_lines,
         "bytes": lander.limits.batch_bytes + lander.limits.line_bytes},
    )  # fmt: skip
    return [(key, bytes(line)) for key, line in rows]


def _land(lander: Lander, readable: list[tuple[int, bytes]]) -> Counts:
    keys = list({key for key, _ in readable})
    parsed = parse(Slice(1, 0, [line for _, line in readable]), lander.limits)

    def mark(connection: psycopg.Connection[Any], batch: int) -> None:
        connection.execute(
            """update landing.quarantine set replay_batch_id = %s
               where quarantine_id = any(%s) and replay_batch_id is null""",
            (batch, keys),
        )
        crash.point("replay.lines_marked")

    return lander.commit(parsed, _ORIGIN, mark)
