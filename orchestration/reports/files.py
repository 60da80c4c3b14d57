"""Where reports and exports are written."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A file beside `path` to write to, which takes its place once it is whole: whatever ends the
    writing, nobody finds half a page, and a good one is not lost to it."""
    if path.exists() and not path.is_file():
        yield path  # a pipe or a device: nothing stands there, and it must not be replaced
        return
    target = path.resolve()  # of a link: it stays one
    beside = target.with_name(f".{target.name}.partial")
    try:
        yield beside
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
