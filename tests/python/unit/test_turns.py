"""Processes that land one file: whose keys are under way is told from slice to slice."""

import multiprocessing

from orchestration.landing.turns import Turns

ONE, TWO = b"1" * 16, b"2" * 16


def test_keys_of_a_slice_under_way_are_told_to_the_next() -> None:
    """Prevents a process from waiting for the other's commit while everybody waits for its turn."""
    turns = Turns(multiprocessing.get_context("forkserver"), number=2, most_keys=4)
    first, second, third = (turns.of(number, file=1) for number in range(3))
    with first as rivals:
        assert rivals == set()
        first.hold([ONE, TWO])
    with second as rivals:
        assert rivals == {ONE, TWO}
        second.hold([])
    with third as rivals:  # in the place of the first, whose keys are settled by now
        assert rivals == set()
