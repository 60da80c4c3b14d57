"""Every accuracy gate by name, and what a measurement says."""

import os
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from orchestration.errors import AssayError
from orchestration.settings import PROJECT_DIR


@dataclass(frozen=True)
class Figure:
    """`low` to `high` is the 95 % interval of `figure`. `gate` is what has to be reached, `floor` what
    a simple method reaches, `ceiling` what could be reached at best, where that is known."""

    name: str
    figure: float
    low: float
    high: float
    n: int
    gate: float | None = None
    floor: float | None = None
    ceiling: float | None = None

    @property
    def passed(self) -> bool | None:
        return None if self.gate is None else self.figure >= self.gate

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"passed": self.passed}


# name -> "module:function"; the function takes the folder of the samples and returns figures.
GATES: dict[str, str] = {
    "ingest": "orchestration.scoring.evaluation.ingest:measure",
    "answer_quality": "orchestration.scoring.evaluation.answer_quality:measure",
    "success": "orchestration.scoring.evaluation.success:measure",
    "topics": "orchestration.scoring.evaluation.questions:topics",
    "content_gaps": "orchestration.scoring.evaluation.questions:content_gaps",
}


def samples_folder() -> Path:
    """Where samples are looked for: ASSAY_SAMPLES, else shared/data beside the checkout."""
    return Path(os.environ.get("ASSAY_SAMPLES") or PROJECT_DIR.parent / "shared" / "data")


def samples() -> Path:
    folder = samples_folder()
    if not folder.is_dir():
        raise AssayError(
            f"There are no samples in {folder}: say where they are by ASSAY_SAMPLES"
            " (docs/accuracy.md names them and their sources)."
        )
    return folder


def measure(name: str) -> list[Figure]:
    if name not in GATES:
        raise AssayError(f"There is no gate {name!r}. There are: {', '.join(GATES)}.")
    module, function = GATES[name].split(":")
    found: list[Figure] = getattr(import_module(module), function)(samples())
    return found
