"""Other systems, in the environment of their own that `make sources` installs."""

import json
import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from click.testing import CliRunner

from orchestration.settings import PROJECT_DIR
from orchestration.sources.commands import import_

HERE = Path(__file__).parent
PYTHON = PROJECT_DIR / ".venv" / "systems" / "bin" / "python"


def run(script: str, *arguments: str, **environment: str) -> None:
    """A script that lies here, to its end."""
    done = subprocess.run(
        [PYTHON, HERE / script, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def packages() -> Path:
    """Where the systems' own files lie."""
    (found,) = (PYTHON.parent.parent / "lib").glob("python3*/site-packages")
    return found


def imported(system: str, url: str) -> dict[str, dict[str, int]]:
    """Each log of a database, the password only in the environment, as people have to."""
    parts = urlsplit(url)
    bare = parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@")).geturl()
    runner = CliRunner(env={"ASSAY_IMPORT_PASSWORD": str(parts.password)})
    ran = runner.invoke(import_, [system, "--from", bare, "--json"], catch_exceptions=False)
    return {report["path"]: report for report in json.loads(ran.output)["files"]}


class Marts:
    def __init__(self, session: psycopg.Connection[Any]) -> None:
        self.session = session

    def one(self, statement: str) -> Any:
        return self.session.execute(statement.encode()).fetchone()

    def are_as(self, truth: Counter[str], turns: int, calls: int) -> None:
        """Every total is what the model's server counted, and nothing was lost, refused or unknown."""
        said = self.one("select sum(queries), sum(errors) from marts.performance_overview")
        assert said == (turns, truth["errors"])
        *used, billed = self.one(
            """select sum(input_tokens), sum(cache_read_tokens), sum(output_tokens),
                   sum(reasoning_tokens), count(*) from core.fct_costs where call_type = 'generation'"""
        )
        names = ("input_tokens", "cache_read_tokens", "output_tokens", "reasoning_tokens")
        assert [int(count) for count in used] == [truth[name] for name in names]
        assert billed == calls
        embedded = "select sum(input_tokens) from core.fct_costs where call_type = 'embedding'"
        assert self.one(embedded) == (truth["embedding_tokens"],)
        assert self.one("select sum(difference) from marts.reconciliation") == (0,)
        assert self.one("select reason from landing.quarantine") is None
        assert self.one("select field from landing.drift") is None
