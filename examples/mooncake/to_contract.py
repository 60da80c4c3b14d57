"""A Mooncake request trace as contract lines: for each request a query and its cost.

    python examples/mooncake/to_contract.py FILE | assay land -

The cache is worked out, not reported: a prompt is a list of 512-token blocks, and its leading blocks
that an earlier request brought count as read from an unbounded cache.
"""

import argparse
import datetime as dt
import json
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any, TextIO

NAME = "mooncake"
MODEL = "mooncake"  # the trace names no model
BLOCK_TOKENS = 512
START = "2025-02-21T00:00:00Z"  # the trace counts from 0; this is the day it was published


def events(trace: TextIO, start: dt.datetime) -> Iterator[dict[str, Any]]:
    """Ids follow from the line number alone, so a second conversion lands as duplicates."""
    seen: set[int] = set()
    for number, line in enumerate(trace, start=1):
        request = json.loads(line)
        blocks, length = request["hash_ids"], request["input_length"]
        reused = sum(1 for _ in takewhile(seen.__contains__, blocks))
        seen.update(blocks)
        # The last block of a prompt is rarely full.
        cached = min(reused * BLOCK_TOKENS, length)
        moment = start + dt.timedelta(milliseconds=request["timestamp"])
        envelope = {
            "event_id": f"{NAME}-{number:06}",
            "ts": moment.isoformat(timespec="milliseconds"),
            "workspace": NAME,
            "source": NAME,
            "provider": NAME,
            "model": MODEL,
        }
        # The trace holds no outcome; every line is a request that was served, hence "ok".
        yield {"kind": "query", **envelope, "status": "ok", "context_tokens": length}
        yield {
            "kind": "cost",
            **envelope,
            "query_id": envelope["event_id"],
            "call_type": "generation",
            "input_tokens": length - cached,
            "cache_read_tokens": cached,
            "output_tokens": request["output_length"],
            "attributes": {"blocks": len(blocks), "blocks_reused": reused},
        }


def main() -> None:
    parser = argparse.ArgumentParser(description="Mooncake trace (JSONL) to contract lines.")
    parser.add_argument("file", type=Path, help="a trace of FAST25-release/traces")
    parser.add_argument("--out", type=Path, help="where to write; standard output without it")
    parser.add_argument("--start", default=START, help=f"when timestamp 0 was ({START})")
    arguments = parser.parse_args()
    start = dt.datetime.fromisoformat(arguments.start)
    if start.tzinfo is None:
        parser.error("--start needs an offset, such as Z")
    out = arguments.out.open("w", encoding="utf-8") if arguments.out else sys.stdout
    with arguments.file.open(encoding="utf-8") as trace, out:
        for event in events(trace, start):
            out.write(json.dumps(event, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
