"""Where files for landing are dropped."""

from pathlib import Path

import dagster as dg

from orchestration.jobs.work import inbox_folder
from orchestration.landing import files


class Inbox(dg.ConfigurableResource[None]):
    """A file is complete when it did not change for `settle_seconds` (ASSAY_SETTLE_SECONDS, where none
    are stated), or has a manifest."""

    folder: str
    settle_seconds: float | None = None

    @property
    def path(self) -> Path:
        return Path(self.folder)

    @property
    def settle_s(self) -> float:
        return files.settle_s() if self.settle_seconds is None else self.settle_seconds


inbox_resource = Inbox(folder=str(inbox_folder()))
