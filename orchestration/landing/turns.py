"""Who of several processes admits the keys of its batch when: in the order of the slices.

So the first of two lines with one key is the first of the source, as with a single lander.
"""

from collections.abc import Collection, Set
from ctypes import c_char
from dataclasses import dataclass, field
from multiprocessing import parent_process
from multiprocessing.context import ForkServerContext
from multiprocessing.synchronize import Semaphore

from orchestration.landing.parse import Slice
from orchestration.landing.records import Place
from orchestration.landing.slices import UNPLACED, Unreadable

_KEY_BYTES = 16
_LOOK_FOR_PARENT_S = 1.0


class Turn:
    """The turn of who lands alone: it is always theirs."""

    def __enter__(self) -> Set[bytes]:
        """The keys that batches under way may hold."""
        return frozenset()

    def settle(self, item: Slice | Unreadable) -> None:
        """Within one's turn: where that stands of which only those before it know."""

    def hold(self, keys: Collection[bytes]) -> None:
        """Tell the next that these are ours, if we commit."""

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        pass


class Turns:
    """One for each slice that can be under way: the first is given, each passes on the next."""

    def __init__(self, context: ForkServerContext, number: int, most_keys: int) -> None:
        self.semaphores = [context.Semaphore(0 if place else 1) for place in range(number)]
        self.held = [context.RawArray(c_char, most_keys * _KEY_BYTES) for _ in range(number)]
        self.lengths = context.RawArray("q", number)
        self.place = context.RawArray("q", 3)  # the file, and where in it the next line stands

    def of(self, number: int, file: int) -> "TurnInLine":
        return TurnInLine(self, number % len(self.semaphores), file)

    def settle(self, item: Slice | Unreadable, file: int) -> None:
        place = Place(*self.place[1:]) if self.place[0] == file else Place()
        place.settle(item)
        self.place[:] = [file, place.line, place.byte]


@dataclass
class TurnInLine(Turn):
    """Held while a slice is admitted; taken once and passed on once, however often a batch retries."""

    turns: Turns
    place: int
    file: int
    stays: bool = False  # where the slice is not all that is landed in it
    taken: bool = False
    passed: bool = False
    rivals: Set[bytes] = field(default_factory=frozenset)

    def __enter__(self) -> Set[bytes]:
        mine: Semaphore = self.turns.semaphores[self.place]
        while not self.taken:
            self.taken = mine.acquire(timeout=_LOOK_FOR_PARENT_S)
            if self.taken:
                self.rivals = self._held_by_others()
            elif not _parent_lives():
                raise SystemExit(1)  # killed: nobody will pass the turn on
        return self.rivals

    def _held_by_others(self) -> Set[bytes]:
        keys: set[bytes] = set()
        for place, length in enumerate(self.turns.lengths):
            if place != self.place:
                held = bytes(memoryview(self.turns.held[place]).cast("B")[:length])
                keys.update(held[at : at + _KEY_BYTES] for at in range(0, length, _KEY_BYTES))
        return keys

    def settle(self, item: Slice | Unreadable) -> None:
        if item.first_line == UNPLACED:
            self.turns.settle(item, self.file)

    def hold(self, keys: Collection[bytes]) -> None:
        if not self.passed:
            held = b"".join(keys)
            memoryview(self.turns.held[self.place]).cast("B")[: len(held)] = held
            self.turns.lengths[self.place] = len(held)

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        if failure is None and not self.passed and not self.stays:
            self.passed = True
            self.turns.semaphores[(self.place + 1) % len(self.turns.semaphores)].release()


def _parent_lives() -> bool:
    """Whoever deals the slices; it is not the process that forked this one."""
    parent = parent_process()
    return parent is not None and parent.is_alive()
