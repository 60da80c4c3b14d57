"""The Azure LLM inference trace of 2023 as contract lines: for each row a query and its cost.

    python examples/azure_llm_2023/to_contract.py FILE | assay land -

What the trace does not say is not made up: there is no latency, no user and no price.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

NAME = "azure_llm_2023"
MODEL = "azure-code"  # the service of the trace; which model served it was not published
FIELDS = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"]


def events(trace: TextIO) -> Iterator[dict[str, Any]]:
    """Ids follow from the row number alone, so a second conversion lands as duplicates."""
    rows = csv.DictReader(trace)
    if rows.fieldnames != FIELDS:
        raise SystemExit(f"The first line must be {','.join(FIELDS)}, not {rows.fieldnames}.")
    for number, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            raise SystemExit(f"Row {number} does not have {len(FIELDS)} cells; is the file whole?")
        envelope = {
            "event_id": f"{MODEL}-{number:06}",
            # UTC without saying so. All seven digits go in; the warehouse keeps microseconds.
            "ts": f"{row['TIMESTAMP'].replace(' ', 'T')}Z",
            "workspace": NAME,
            "source": NAME,
            "provider": "azure",
            "model": MODEL,
        }
        context = int(row["ContextTokens"])
        # The trace holds no outcome; every row is a request that was served, hence "ok".
        yield {"kind": "query", **envelope, "status": "ok", "context_tokens": context}
        yield {
            "kind": "cost",
            **envelope,
            "query_id": envelope["event_id"],
            "call_type": "generation",
            "input_tokens": context,
            "output_tokens": int(row["GeneratedTokens"]),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description="Azure LLM trace (CSV) to contract lines.")
    parser.add_argument("file", type=Path, help="AzureLLMInferenceTrace_code.csv")
    parser.add_argument("--out", type=Path, help="where to write; standard output without it")
    arguments = parser.parse_args()
    out = arguments.out.open("w", encoding="utf-8") if arguments.out else sys.stdout
    with arguments.file.open(encoding="utf-8-sig", newline="") as trace, out:
        for event in events(trace):
            out.write(json.dumps(event, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
