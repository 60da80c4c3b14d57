"""Where files for landing are dropped."""

from pathlib import Path

import dagster as dg

from orchestration.jobs.work import inbox_folder


class Inbox(dg.ConfigurableResource[None]):
    """A file is complete when it did not change for `settle_seconds`, or has a manifest."""

    folder: str
    settle_seconds: float = 1.0

    @property
    def path(self) -> Path:
        return Path(self.folder)


inbox_resource = Inbox(folder=str(inbox_folder()))
