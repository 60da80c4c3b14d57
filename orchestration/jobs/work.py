"""What each job does. Dagster, the command line and the tests call these same functions."""

import os
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from orchestration import settings
from orchestration.errors import AssayError
from orchestration.jobs.ledger import Attempt
from orchestration.jobs.passing import dbt_may_pass, may_pass
from orchestration.jobs.periods import Period, last_ended
from orchestration.landing import files, inbox
from orchestration.landing.lander import Lander
from orchestration.landing.store import Counts
from orchestration.sources import scheduled
from orchestration.warehouse.connection import connect

HISTORY = "13 months"


@dataclass
class Landed:
    """`problems` holds a sentence for each file that stays where it is; `files` are those that landed
    whole, `growing` tells of those that did not, or not yet."""

    counts: Counts = field(default_factory=Counts)
    files: int = 0
    problems: list[str] = field(default_factory=list)
    growing: list[str] = field(default_factory=list)

    def unseen(self, problem: OSError) -> None:
        self.problems.append(f"{problem.filename} could not be read: {problem.strerror}")


def inbox_folder() -> Path:
    return Path(os.environ.get("ASSAY_INBOX") or settings.load().home / "inbox")


def land(folder: Path, settle_s: float) -> Landed:
    """Every complete file of the folder and the lines of landing.inbox; landed files move aside.

    Which are complete is asked as the look does that comes before most runs (`arrivals.look`). Nobody
    waits here for one that may still grow: each would keep all the others, and it is looked at again.
    """
    landed = Landed()
    with Lander(on_batch=lambda _, counts: landed.counts.add(counts)) as lander:
        for path in files.find(folder, landed.unseen) if folder.is_dir() else []:
            try:
                state = files.state_of(path)
                if files.may_grow(path, state, settle_s):
                    raise files.growing(path)
                lander.land_file(path, settle_s)
            except files.GrowingError as growing:
                landed.growing.append(str(growing))
            except FileNotFoundError:
                continue  # another lander was faster
            except (AssayError, OSError) as problem:
                if may_pass(problem):
                    raise  # not the file's fault
                landed.problems.append(f"{path}: {problem}")
            else:
                whole = True
                try:
                    whole = files.set_aside(path, state)
                except OSError as problem:
                    landed.problems.append(
                        f"{path} has landed, and cannot be moved to {files.LANDED}: {problem.strerror}"
                    )
                if whole:
                    landed.files += 1
                else:
                    landed.growing.append(str(files.growing(path)))
        landed.counts.add(inbox.drain(lander))
    return landed


def land_all(_: Attempt) -> int:
    landed = land(inbox_folder(), files.settle_s())
    if landed.problems:
        raise AssayError("Not landed:\n" + "\n".join(landed.problems))
    return landed.counts.lines


def import_configured(_: Attempt) -> int:
    with Lander() as lander:
        found = list(scheduled.import_all(lander))
    refuse_problems(found)
    return sum(one.counts.lines for one in found)


def refuse_problems(found: Iterable[scheduled.Imported]) -> None:
    """The others have landed; nobody would look for these without a failed run."""
    sentences = [f"{one.source}: {one.problem}" for one in found if one.problem]
    if sentences:
        raise AssayError("Not imported:\n" + "\n".join(sentences))


def refresh(_: Attempt) -> int:
    from orchestration.refresh.engine import refresh_all

    with closing(connect(autocommit=True, application_name="assay refresh")) as session:
        return refresh_all(session).admitted


def build(mine: Attempt) -> int:
    from orchestration.warehouse.build import run_build

    outcome = run_build(job_run=mine.job_run_id)
    if outcome.failed:
        mine.may_pass = dbt_may_pass(outcome.failed)
        raise AssayError("dbt build failed:\n" + "\n".join(outcome.failed))
    return sum(outcome.counts.values())


def check(mine: Attempt) -> int:
    from orchestration.expectations.run import failures, run_suites

    findings = run_suites(job_run_id=mine.job_run_id)
    if sentences := failures(findings):
        raise AssayError("Not fit to be scored:\n" + "\n".join(sentences))
    return len(findings)


def score(mine: Attempt) -> int:
    from orchestration.scoring.engine import score as score_all

    check(mine)
    return score_all().landed


def prove(_: Attempt) -> int:
    """Rows that were compared: all of state, with what its definitions make of the rows below."""
    from orchestration.refresh.engine import TARGET

    with closing(connect(autocommit=True, application_name="assay prove")) as session:
        compared = session.execute(
            "select model, table_rows, missing, surplus from ops.differences(%s)", (TARGET,)
        ).fetchall()
    wrong = [
        f"{model}: {missing} rows missing, {surplus} too many"
        for model, _rows, missing, surplus in compared
        if missing or surplus
    ]
    if wrong:
        raise AssayError("State is not what it should be:\n" + "\n".join(wrong))
    return sum(rows for _model, rows, _missing, _surplus in compared)


def report(mine: Attempt) -> int:
    """Of the month that the run is about; pressed by hand, of the one that ended last."""
    from orchestration.reports.write import executive_of_all

    check(mine)
    with closing(connect(autocommit=True, application_name="assay report")) as session:
        row = session.execute(
            "select period_start, period_end from ops.job_run where job_run_id = %s", (mine.job_run_id,)
        ).fetchone()
    start, end = row if row and row[0] else (None, None)
    month = Period("monthly", start, end) if start else last_ended("monthly", datetime.now(UTC))
    return executive_of_all(month, settings.load().home / "reports" / "executive")


def prune(_: Attempt) -> int:
    with closing(connect(autocommit=True, application_name="assay prune")) as session:
        row = session.execute("select ops.prune_history(%s::interval)", (HISTORY,)).fetchone()
    return int(row[0]) if row else 0
