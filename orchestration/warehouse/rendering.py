"""Query results as CSV, JSON or a table."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TextIO

from orchestration.warehouse.query import Answer, Json, Moment, Number

# A spreadsheet takes a cell that begins so for a formula, also behind blanks, visible or not, and in
# the wide forms of the signs. One that parts cells by semicolons or tabs sees cells within ours.
_HIDDEN = r"\s\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff"
_WIDE_SIGNS = r"\uff1d\uff0b\uff0d\uff20"
_SIGN = rf"[{_HIDDEN}]*[=+\-@{_WIDE_SIGNS}]"
_FORMULA = re.compile(rf"[\t\r\n]|{_SIGN}")
_FORMULA_WITHIN = re.compile(rf"(?<=[;\t\r\n])(?={_SIGN})")
_NEEDS_QUOTES = re.compile(r'[",\r\n]')
_NO_JSON_NUMBERS = ("NaN", "Infinity", "-Infinity")
TABLE_ROWS = 1000


def write_csv(answer: Answer, out: TextIO) -> None:
    out.write(csv_line(answer.columns or []))
    for row in answer.rows:
        out.write(csv_line(row))


def csv_line(values: Iterable[Any]) -> str:
    """As PostgreSQL's COPY: nothing for null, "" for an empty text.

    Python's csv writer does not tell them apart, and may leave a lone carriage return unquoted.
    """
    return ",".join(map(csv_cell, values)) + "\n"


def csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Number | Moment):
        return value
    text = as_text(value)
    if _FORMULA.match(text):
        text = f"'{text}"
    text = _FORMULA_WITHIN.sub("'", text)
    if text and not _NEEDS_QUOTES.search(text):
        return text
    return '"' + text.replace('"', '""') + '"'


def write_json(answer: Answer, out: TextIO) -> None:
    """A list of objects, one a line; two columns of one name would hide one another."""
    names = [json.dumps(name) for name in _distinct(answer.columns or [])]
    out.write("[")
    separator = "\n"
    for row in answer.rows:
        pairs = zip(names, row, strict=True)
        out.write(separator + "{" + ", ".join(f"{n}: {as_json(v)}" for n, v in pairs) + "}")
        separator = ",\n"
    out.write("\n]\n" if separator != "\n" else "]\n")


def as_json(value: Any) -> str:
    if isinstance(value, Json) or (isinstance(value, Number) and value not in _NO_JSON_NUMBERS):
        return value
    if isinstance(value, list):
        return "[" + ", ".join(map(as_json, value)) + "]"
    return json.dumps(value if value is None or isinstance(value, bool) else as_text(value))


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return as_json(value) if isinstance(value, list) else str(value)


def print_table(columns: Sequence[str], rows_in: Iterable[Sequence[Any]]) -> None:
    """At most TABLE_ROWS rows: a table's widths need all of them in memory."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(show_edge=False, header_style="bold")
    rows = list(islice(rows_in, TABLE_ROWS + 1))
    for index, name in enumerate(columns):
        numeric = any(isinstance(row[index], Number | int) for row in rows)
        table.add_column(Text(printable(name)), justify="right" if numeric else "left", overflow="fold")
    for row in rows[:TABLE_ROWS]:
        table.add_row(*map(_cell, row))
    console = Console()
    if not console.is_terminal:
        # Nobody reads it at a certain width: no line is to be broken.
        console = Console(width=1_000_000)
    console.print(table)
    console.print(_count(len(rows)), style="dim")


def _count(rows: int) -> str:
    if rows > TABLE_ROWS:
        return f"({TABLE_ROWS} rows shown, there are more: --csv or --json gives all)"
    return "(1 row)" if rows == 1 else f"({rows} rows)"


def _cell(value: Any) -> Any:
    from rich.text import Text

    return Text("null", style="dim") if value is None else Text(printable(as_text(value)))


def printable(text: str) -> str:
    """Logged texts come from strangers: their control characters must not reach the terminal."""
    return "".join(
        character
        if character.isprintable() or character == "\n"
        else character.encode("unicode_escape").decode()
        for character in text
    )


def _distinct(names: Iterable[str]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name}_{seen[name]}"
