"""A progress bar in a terminal; silence in a pipe."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from orchestration.landing.store import Counts


@contextmanager
def landing_progress(total_bytes: int, *, quiet: bool) -> Iterator[Callable[[int, Counts], None]]:
    """Yields what a lander calls after each batch."""
    if quiet or not sys.stderr.isatty():
        yield lambda _bytes, _counts: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("landing"),
        BarColumn(),
        TextColumn("{task.fields[lines]:,} lines"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        # Packed files unpack to more than their size: the bar is then full before the end.
        task = progress.add_task("landing", total=total_bytes or None, lines=0)
        lines = 0

        def on_batch(size: int, counts: Counts) -> None:
            nonlocal lines
            lines += counts.lines
            progress.update(task, advance=size, lines=lines)

        yield on_batch
