"""The command line as a whole."""

import os
import subprocess
import sys

import psycopg
import pytest
from click.testing import CliRunner

from orchestration import cli, settings
from orchestration.cli import COMMANDS, assay
from orchestration.errors import AssayError, sentence_of


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_explains_itself(name: str) -> None:
    """A command that is listed but cannot be imported shows only when somebody needs it."""
    outcome = CliRunner().invoke(assay, [name, "--help"])
    assert outcome.exit_code == 0, outcome.output
    assert len(outcome.output.splitlines()) > 4


def test_help_waits_for_nothing_heavy() -> None:
    """Importing dbt or Dagster for a line of help takes seconds."""
    program = (
        "import sys; from orchestration.cli import assay\n"
        "try: assay.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'dbt', 'dagster', 'numpy', 'psycopg', 'rich'} & set(sys.modules)))"
    )
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert outcome.stdout.splitlines()[-1] == b"[]"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (AssayError("Do this."), "Do this."),
        (psycopg.errors.UndefinedTable('"raw.query_log"'), "run `assay up`, then `assay build`"),
        (psycopg.errors.UniqueViolation("DETAIL: Key (text)=(secret)"), "UniqueViolation, 23505"),
        (FileNotFoundError(2, "No such file or directory", "out.csv"), "out.csv: No such file"),
        (OSError(28, "No space left on device"), "assay: No space left on device."),
        (UnicodeDecodeError("utf-8", b"secret \xff", 7, 8, "invalid start byte"), "at byte 7"),
    ],
)
def test_an_error_that_nobody_expected_is_a_sentence(
    error: Exception,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Prevents tracebacks for what a user can mend, and PostgreSQL's habit of quoting rows."""

    def fails(**_: object) -> None:
        raise error

    monkeypatch.setattr(cli.assay, "main", fails)
    with pytest.raises(SystemExit) as ended:
        cli.main([])
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert "secret" not in said


def test_a_fault_of_ours_keeps_its_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(**_: object) -> None:
        raise KeyError

    monkeypatch.setattr(cli.assay, "main", fails)
    with pytest.raises(KeyError):
        cli.main([])
    assert sentence_of(KeyError()) is None


def test_a_variable_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_BATCH_LINES", "10k")
    with pytest.raises(AssayError, match=r"ASSAY_BATCH_LINES must be a whole number, not '10k'"):
        settings.number("ASSAY_BATCH_LINES", 10_000)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("import", "litellm", "a.jsonl", "--since", "2026-09-01"), "for a database"),
        (("import", "litellm", "a.jsonl", "--everything"), "for a database"),
        (("import", "litellm", "a.jsonl", "--from", "postgresql://u@h/db"), "for a database"),
        (("import", "a.csv", "--map", "m.yml", "--overlap", "2h"), "for a database"),
        (("land", "a.jsonl", "--watch", "."), "land other files apart"),
        (("land", "--inbox", "--watch", "."), "land other files apart"),
    ],
)
def test_options_that_would_do_nothing_are_refused(words: tuple[str, ...], says: str) -> None:
    """Prevents older rows than were asked for, and files that nobody lands."""
    outcome = CliRunner().invoke(assay, [*words])
    assert outcome.exit_code == 2
    assert says in outcome.output


def test_a_terminal_that_lacks_a_sign_gets_its_number() -> None:
    """Prevents a traceback for a minus sign on a terminal of another time."""
    program = (
        "import click; from orchestration import cli\n"
        "cli.assay.main = lambda **_: click.echo('\\u2212 5 %')\n"
        "cli.main([])"
    )
    outcome = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"},
    )
    assert outcome.stdout == b"\\u2212 5 %\n"
