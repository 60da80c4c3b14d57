"""`assay ui` while its processes and its database are killed, in the middle of every job at once."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime

import psutil
import psycopg
import pytest
from operator_world import Operator, alive, until

from orchestration.jobs import ledger
from orchestration.jobs.periods import last_ended
from orchestration.jobs.registry import JOBS
from orchestration.ui.home import configuration

pytestmark = pytest.mark.long

# What each job waits for in the middle of its work, and how the session that waits is called.
HOLDS = {
    "score": ("assay score", "select ops.lock_refresh()"),
    "report": ("assay report", "lock table state.agg_performance_daily in access exclusive mode"),
    "land": ("assay land", "lock table landing.batch in exclusive mode"),
    "check": ("assay check", "lock table ops.check_result in exclusive mode"),
    "build": ("dbt", "select ops.lock_refresh()"),
    "prove": ("assay prove", "select ops.lock_refresh()"),
    "prune": ("assay prune", "lock table ops.check_result in exclusive mode"),
}
# Nothing to do without a sources.yml; it is killed in `test_import_faults.py`. Nor where nothing waits
# to be taken in; a refresh is killed in `test_refresh.py`.
IDLE = {"import_sources", "refresh"}
# These check before they work, and are let through before checks are held too.
CHECKED = ("score", "report")


@pytest.fixture(scope="module")
def dagster_yaml() -> Iterator[str]:
    """All jobs run at once. Models are built, tests are not run: it is the build that is killed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_EXCLUDE_RESOURCE_TYPES", "test unit_test")
        yield configuration().replace("max_concurrent_runs: 2", f"max_concurrent_runs: {len(JOBS) + 1}")


def test_every_job_is_held_in_the_middle() -> None:
    """Prevents a job that is added and that nobody kills."""
    assert set(HOLDS) | IDLE == set(JOBS)


@pytest.fixture
def holder(operator: Operator) -> Iterator[psycopg.Connection]:
    """Lets go however a test ends: the next one has the same jobs."""
    with closing(psycopg.connect(operator.server.url)) as session:
        yield session


class Work:
    """Every job, asked for as its schedule or sensor does, and held in the middle of what it does."""

    def __init__(self, operator: Operator, holder: psycopg.Connection, name: str) -> None:
        self.operator = operator
        self.keys: dict[str, str] = {}
        self.before = operator.in_the_mart()
        self.holder = holder
        self._hold(*CHECKED, name=name)
        operator.drop(f"{name}.jsonl", name)
        self._hold(*(job for job in HOLDS if job not in CHECKED), name=name)
        (key,) = operator.sql("select key from ops.job_run where job = 'land' and status = 'running'")
        self.keys["land"] = key[0]

    def _hold(self, *jobs: str, name: str) -> None:
        for statement in dict.fromkeys(HOLDS[job][1] for job in jobs):
            self.holder.execute(statement.encode())
        with closing(psycopg.connect(self.operator.server.url, autocommit=True)) as session:
            for job in jobs:
                if JOBS[job].due_within_s is None:
                    continue
                self.keys[job] = f"{name} {job}"
                period = last_ended(JOBS[job].cadence, datetime.now(UTC))
                ledger.queue(session, job, self.keys[job], period)
            # As after a replay: nobody is on the way to do it.
            session.execute(
                "update ops.job_run set due_at = now() - interval '5 minutes' where status = 'queued'"
            )
        wanted = {(HOLDS[job][0],) for job in jobs}
        waiting = "select application_name from pg_stat_activity where wait_event_type = 'Lock'"
        until(lambda: wanted <= set(self.operator.sql(waiting)), f"{jobs} are in the middle")

    def ends_well(self) -> dict[str, list[str]]:
        """How the attempts of each job ended, once the last of them succeeded."""
        self.holder.close()
        until(lambda: all(one[-1:] == ["succeeded"] for one in self._attempts().values()), "all done")
        until(lambda: self.operator.in_the_mart() == self.before + 1, "landed once")
        duplicates = self.operator.sql("select sum(duplicate + conflict) from landing.batch")
        assert duplicates == [(0,)]
        return self._attempts()

    def _attempts(self) -> dict[str, list[str]]:
        query = "select status from ops.job_run where job = %s and key = %s order by attempt"
        return {
            job: [status for (status,) in self.operator.sql(query, job, key)]
            for job, key in self.keys.items()
        }


def _kill_workers(operator: Operator) -> None:
    workers = operator.workers()
    assert len(workers) == len(HOLDS)
    for worker in workers:
        worker.kill()


def _kill_code_server(operator: Operator) -> None:
    left = operator.workers()
    operator.process("code-server").kill()
    until(lambda: alive(left) == [], "its runs end with it")


def _kill_daemon(operator: Operator) -> None:
    operator.process("dagster._daemon").kill()


def _kill_ui(operator: Operator) -> None:
    assert operator.ui is not None
    left = operator.processes()
    operator.ui.kill()
    operator.ui.wait()
    until(lambda: alive(left) == [], "its processes end with it")
    operator.start()


def _kill_database(operator: Operator) -> None:
    postmaster = operator.server.status().pid
    assert postmaster is not None
    said = operator.log.read_bytes().count(b"The database is back")
    os.kill(postmaster, signal.SIGKILL)
    until(lambda: b"Everything waits until it is back" in operator.log.read_bytes(), "said")
    operator.server.up()
    until(lambda: operator.log.read_bytes().count(b"The database is back") > said, "back")


@pytest.mark.parametrize(
    ("strike", "is_lost"),
    [
        (_kill_daemon, False),
        (_kill_workers, True),
        (_kill_code_server, True),
        (_kill_database, True),
        (_kill_ui, True),
    ],
)
def test_what_is_killed_in_the_middle_of_every_job_is_done_again(
    operator: Operator, holder: psycopg.Connection, strike: Callable[[Operator], None], is_lost: bool
) -> None:
    """Prevents runs that stand as running for ever after kill -9, work that is lost, and work that is
    done twice."""
    work = Work(operator, holder, strike.__name__)
    strike(operator)
    attempts = work.ends_well()
    assert {job for job, ended in attempts.items() if len(ended) > 1} == (
        set(HOLDS) if is_lost else set()
    )
    assert {status for ended in attempts.values() for status in ended[:-1]} <= {"lost", "failed"}


def test_two_daemons_at_once_do_the_work_once(operator: Operator) -> None:
    """Prevents a file that lands twice because somebody started a second daemon."""
    environment = operator.environment() | _dagsters(operator.process("dagster._daemon"))
    command = operator.process("dagster._daemon").cmdline()
    with (operator.home / "second.log").open("wb") as log:
        second = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        until(lambda: b"inbox_sensor" in (operator.home / "second.log").read_bytes(), "it looks too")
        before = operator.in_the_mart()
        operator.drop("twice.jsonl", "twice-1", "twice-2")
        until(lambda: operator.in_the_mart() == before + 2, "landed")
        until(lambda: operator.sql(_OPEN) == [(0,)], "nothing runs")
    finally:
        second.kill()
        second.wait()
    assert operator.sql("select sum(duplicate + conflict) from landing.batch") == [(0,)]
    assert operator.sql("select count(*) from ops.dead_letter") == [(0,)]


_OPEN = "select count(*) from ops.job_run where status in ('queued', 'running')"


def _dagsters(process: psutil.Process) -> dict[str, str]:
    return {
        name: value
        for name, value in process.environ().items()
        if name.startswith(("DAGSTER", "ASSAY"))
    }


_LAUNCH = """
mutation ($tags: [ExecutionTag!]!) {
  launchRun(executionParams: {
    selector: {repositoryLocationName: "assay", repositoryName: "__repository__", jobName: "check"},
    runConfigData: {}, executionMetadata: {tags: $tags}
  }) { __typename ... on LaunchRunSuccess { run { runId } } }
}"""
_STATUS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"


def _launch(operator: Operator, **tags: str) -> str:
    named = [{"key": f"dagster/{name}", "value": value} for name, value in tags.items()]
    launched = operator.graphql(_LAUNCH, tags=named)["launchRun"]
    return str(launched["run"]["runId"])


def _ended(operator: Operator, run: str) -> str:
    status = ""

    def has_ended() -> bool:
        nonlocal status
        status = operator.graphql(_STATUS, id=run)["runOrError"]["status"]
        return status in ("SUCCESS", "FAILURE", "CANCELED")

    until(has_ended, "the run ends")
    return status


def test_a_run_over_its_limit_is_ended_and_its_place_is_free(operator: Operator) -> None:
    """Prevents a run that hangs from blocking its job until somebody looks (acceptance 23)."""
    with closing(psycopg.connect(operator.server.url)) as holder:
        holder.execute(HOLDS["check"][1].encode())
        over = _launch(operator, max_runtime="5")
        until(lambda: operator.sql(_OPEN) == [(1,)] and len(operator.workers()) == 1, "it works")
        (worker,) = operator.workers()
        assert _ended(operator, over) == "FAILURE"
        until(lambda: alive([worker]) == [], "its process ends")
        until(lambda: operator.sql(_OPEN) == [(0,)], "it is given up")
    ((status, reason),) = operator.sql(
        "select status, reason from ops.job_run where dagster_run_id = %s", over
    )
    assert (status, reason) == ("dead", "ended from outside")
    assert _ended(operator, _launch(operator)) == "SUCCESS"
