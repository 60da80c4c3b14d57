"""The twelve queries of a dashboard, and what a reader asks them."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from string import Template

import psycopg

QUERIES_DIR = Path(__file__).parent / "queries"


@dataclass(frozen=True)
class Question:
    """Of one workspace, or of all where it names none."""

    day: date
    workspace: str | None

    def ask(self, query: str, flavour: str) -> str:
        """As text with its values in it, which is how a BI tool asks."""
        statement = (QUERIES_DIR / query / f"{flavour}.sql").read_text()
        monday = self.day - timedelta(days=self.day.weekday())
        return Template(statement).substitute(
            one="true" if self.workspace is None else f"workspace = '{self.workspace}'",
            day=f"date '{self.day}'",
            monday=f"date '{monday}'",
        )


def query_names() -> list[str]:
    return sorted(folder.name for folder in QUERIES_DIR.iterdir())


def random_questions(session: psycopg.Connection, query: str, count: int) -> list[Question]:
    """Days of the last quarter on which a workspace had queries; the same ones at every run."""
    rows = session.execute(
        "with seen as (select workspace, day from marts.performance_overview where queries > 0)"
        " select day, workspace from seen"
        " where day > (select max(day) - 90 from seen)"
        " order by md5(%s || workspace || day) limit %s",
        (query, count),
    ).fetchall()
    return [Question(*row) for row in rows]
