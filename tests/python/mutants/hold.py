"""Keeps what tests share (a server, a built database) between the runs of `make mutants`, until its
input ends. Not found by its name: only `mutant_trees.py` asks for it.
"""

import os
import sys
from pathlib import Path

from orchestration.warehouse.server import EmbeddedServer


def _hold(url: str) -> None:
    held = Path(os.environ["ASSAY_MUTANTS_HELD"])
    held.with_suffix(".new").write_text(url)
    held.with_suffix(".new").rename(held)
    sys.stdin.read()


def test_hold_server(server: EmbeddedServer) -> None:
    _hold(server.url_of("postgres"))


def test_hold_built(built_url: str) -> None:
    _hold(built_url)
