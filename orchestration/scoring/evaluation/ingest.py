"""Ingest and roll-ups: two public traces (azure_llm_2023, mooncake) from their files to cells of marts.

Neither trace measures latency. The length of the prompt stands in for it: a distribution with a long
tail that nobody made up.
"""

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from orchestration.bench.scratch import scratch_database
from orchestration.landing.lander import Lander
from orchestration.scoring.evaluation.gates import Figure
from orchestration.scoring.scorer import Floats
from orchestration.settings import PROJECT_DIR
from orchestration.warehouse.build import build_models
from orchestration.warehouse.connection import connect

_START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)  # mooncake counts from its own start
_PERCENTILES = (50, 95, 99)
_TOTALS = """
    select workspace, sum(queries) as queries, sum(input_tokens + cache_read_tokens) as prompt_tokens,
        sum(output_tokens) as output_tokens
    from (
        select workspace, queries, 0 as input_tokens, 0 as cache_read_tokens, 0 as output_tokens
        from marts.performance_overview
        union all
        select workspace, 0, input_tokens, cache_read_tokens, output_tokens from marts.query_costs
    ) as counted
    group by workspace"""
_CELLS = """
    select workspace, day, latency_p50_ms, latency_p95_ms, latency_p99_ms
    from marts.performance_overview where queries > 0"""
Trace = tuple[Floats, Floats]  # prompt and output tokens of each request


def measure(samples: Path) -> list[Figure]:
    traces = {"azure_llm_2023": _azure(samples), "mooncake": _mooncake(samples)}
    days: dict[tuple[str, dt.date], list[float]] = {}
    lines = io.BytesIO()
    for event in _events(samples):
        if event["kind"] == "query":
            event["latency_ms"] = event["context_tokens"]
            day = dt.datetime.fromisoformat(event["ts"]).date()
            days.setdefault((event["workspace"], day), []).append(event["latency_ms"])
        lines.write(json.dumps(event).encode() + b"\n")
    lines.seek(0)
    with scratch_database("ingest") as url:
        with Lander(url) as lander:
            lander.land_stream(io.BufferedReader(lines))
        build_models(url, ["resource_type:seed", "+performance_overview", "+query_costs"])
        with connect(url=url) as session:
            totals = {
                row[0]: [int(cell) for cell in row[1:]] for row in session.execute(_TOTALS.encode())
            }
            cells = {(row[0], row[1]): row[2:] for row in session.execute(_CELLS.encode())}
    return [_exact(traces, totals), _near(days, cells)]


def _exact(traces: dict[str, Trace], totals: dict[str, list[int]]) -> Figure:
    equal = [
        said == true
        for name, (prompts, outputs) in traces.items()
        for said, true in zip(
            totals.get(name, [0, 0, 0]), (len(prompts), prompts.sum(), outputs.sum()), strict=True
        )
    ]
    share = float(np.mean(equal))
    return Figure("ingest.totals_exact", share, share, share, len(equal), gate=1.0)


def _near(days: dict[tuple[str, dt.date], list[float]], cells: dict[Any, Any]) -> Figure:
    """One less the largest relative error of a percentile of a day."""
    errors = [0.0 if days.keys() == cells.keys() else 1.0]
    for key, values in days.items():
        true = np.percentile(values, _PERCENTILES, method="inverted_cdf")
        errors += list(np.abs(np.array(cells.get(key, (0, 0, 0)), float) / true - 1))
    near = 1 - float(max(errors))
    return Figure("ingest.percentiles_within", near, near, near, len(errors) - 1, gate=0.99)


def _azure(samples: Path) -> Trace:
    with _azure_file(samples).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    tokens = np.array([(row["ContextTokens"], row["GeneratedTokens"]) for row in rows], float)
    return tokens[:, 0], tokens[:, 1]


def _mooncake(samples: Path) -> Trace:
    rows = [json.loads(line) for line in _mooncake_file(samples).read_text().splitlines()]
    tokens = np.array([(row["input_length"], row["output_length"]) for row in rows], float)
    return tokens[:, 0], tokens[:, 1]


def _events(samples: Path) -> Iterator[dict[str, Any]]:
    with _azure_file(samples).open(encoding="utf-8-sig", newline="") as file:
        yield from _converter("azure_llm_2023").events(file)
    with _mooncake_file(samples).open() as file:
        yield from _converter("mooncake").events(file, _START)


def _azure_file(samples: Path) -> Path:
    return samples / "azure_llm_2023" / "AzureLLMInferenceTrace_code.csv"


def _mooncake_file(samples: Path) -> Path:
    return samples / "mooncake" / "synthetic_trace.jsonl"


def _converter(name: str) -> ModuleType:
    spec = spec_from_file_location(
        f"convert_{name}", PROJECT_DIR / "examples" / name / "to_contract.py"
    )
    assert spec is not None and spec.loader is not None  # noqa: S101, PT018 - for the type checker
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
