"""Where files for landing are dropped."""

import os
from pathlib import Path

import dagster as dg

from orchestration import settings
from orchestration.landing import files


class Inbox(dg.ConfigurableResource[None]):
    """A file is complete when it did not change for `settle_seconds`, or has a manifest."""

    folder: str
    settle_seconds: float = 1.0

    def waiting(self) -> list[Path]:
        folder = Path(self.folder)
        return files.find(folder) if folder.is_dir() else []


inbox_resource = Inbox(folder=os.environ.get("ASSAY_INBOX") or str(settings.load().home / "inbox"))
