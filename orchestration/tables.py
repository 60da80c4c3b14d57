"""Rows for people, in a terminal or a pipe."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text


def print_table(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Numbers to the right, everything else to the left; values are text, never markup."""
    rows = [tuple(row) for row in rows]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, name in enumerate(names):
        values = [row[position] for row in rows if row[position] is not None]
        numeric = values and all(isinstance(v, int | float) and v is not True for v in values)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console = Console()
    # A pipe has no width: do not fold there.
    console.print(table, width=None if console.is_terminal else 10_000, crop=False)


def _cell(value: Any) -> Text:
    if value is None:
        return Text("", style="dim")
    return Text(str(value))
