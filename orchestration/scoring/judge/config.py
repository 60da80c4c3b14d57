"""Where the judge is, what it may see and spend: from the environment, and nothing by default."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from orchestration.errors import AssayError


@dataclass(frozen=True)
class JudgeConfig:
    """`url` is the base of an OpenAI-compatible API; texts go there and nowhere else."""

    url: str
    model: str
    workspaces: frozenset[str]
    api_key: str | None = field(default=None, repr=False)
    sample: float = 0.05  # share of the answers
    budget_usd: float = 1.0  # a run
    most_calls: int = 1_000  # a run
    concurrency: int = 4
    timeout_s: float = 30.0  # a call, from the first byte out to the last byte in
    attempts: int = 4  # a judgement
    run_s: float = 900.0
    input_usd_per_million: float | None = None
    output_usd_per_million: float | None = None

    @property
    def provider(self) -> str:
        return urlsplit(self.url).hostname or "unknown"


def from_environment(environment: Mapping[str, str] = os.environ) -> JudgeConfig | None:
    """None where no endpoint, no model or no workspace is named: then there is no judge."""
    url = environment.get("ASSAY_JUDGE_URL", "").rstrip("/")
    model = environment.get("ASSAY_JUDGE_MODEL", "")
    workspaces = frozenset(
        name.strip()
        for name in environment.get("ASSAY_JUDGE_WORKSPACES", "").split(",")
        if name.strip()
    )
    if not (url and model and workspaces):
        return None
    parts = urlsplit(url)
    is_local = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
        raise AssayError("ASSAY_JUDGE_URL must begin with https:// (http:// only on this machine).")

    def number(name: str, default: float) -> float:
        return _number(environment, name) if name in environment else default

    return JudgeConfig(
        url=url,
        model=model,
        workspaces=workspaces,
        api_key=environment.get("ASSAY_JUDGE_API_KEY"),
        sample=number("ASSAY_JUDGE_SAMPLE", JudgeConfig.sample),
        budget_usd=number("ASSAY_JUDGE_BUDGET_USD", JudgeConfig.budget_usd),
        most_calls=int(number("ASSAY_JUDGE_MOST_CALLS", JudgeConfig.most_calls)),
        concurrency=max(1, int(number("ASSAY_JUDGE_CONCURRENCY", JudgeConfig.concurrency))),
        timeout_s=number("ASSAY_JUDGE_TIMEOUT_S", JudgeConfig.timeout_s),
        run_s=number("ASSAY_JUDGE_RUN_S", JudgeConfig.run_s),
        input_usd_per_million=_price(environment, "ASSAY_JUDGE_INPUT_USD_PER_MILLION"),
        output_usd_per_million=_price(environment, "ASSAY_JUDGE_OUTPUT_USD_PER_MILLION"),
    )


def _price(environment: Mapping[str, str], name: str) -> float | None:
    return _number(environment, name) if name in environment else None


def _number(environment: Mapping[str, str], name: str) -> float:
    try:
        value = float(environment[name])
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise AssayError(f"{name} must be a number, 0 or more.")
    return value
