"""What the made-up models cost, as a file that `assay prices add` takes."""

import csv
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

# Column of the price book -> price in the truth. Reasoning costs what output costs.
_TOKENS = {
    "input_price": "input",
    "cache_read_price": "cache_read",
    "cache_write_price": "cache_write",
    "output_price": "output",
    "reasoning_price": "output",
}


def write_prices(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["provider", "model", "valid_from", *_TOKENS, "request_price"])
        for row in rows:
            # Nano-dollars a token are thousandths of a dollar a million.
            tokens = [Decimal(row[name]) / 1000 for name in _TOKENS.values()]
            request = Decimal(row["request"]) / 10**9 if row["request"] else ""
            writer.writerow([row["provider"], row["model"], row["from"] or "", *tokens, request])
