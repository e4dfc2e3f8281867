"""Ctrl-C never comes between taking a lock and giving it back, and is never lost either."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import pytest

from hevesy.runner.interruption import held_back

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def terminated() -> Iterator[None]:
    """SIGTERM is an interrupt, as it is for the command; afterwards all is as before."""
    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    for one, handler in before.items():
        signal.signal(one, handler)


def _pressed(number: signal.Signals, times: int, done: list[int]) -> None:
    """Interrupt so many times; each is noted that did not end it."""
    with held_back():
        for each in range(times):
            signal.raise_signal(number)
            done.append(each)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_waits_for_the_end(number: signal.Signals) -> None:
    """What was begun is done to its end; then the interrupt goes on its way."""
    done: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        _pressed(number, 1, done)
    assert done == [0]


def test_one_within_another_waits_for_both() -> None:
    """Whoever ends the processes may be called by one who schedules a task."""
    done: list[int] = []

    def outer() -> None:
        with held_back():
            _pressed(signal.SIGINT, 1, done)
            done.append(1)

    with pytest.raises(KeyboardInterrupt):
        outer()
    assert done == [0, 1]


def test_the_third_one_does_not_wait() -> None:
    """Who presses Ctrl-C again and again means it."""
    done: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        _pressed(signal.SIGINT, 5, done)
    assert done == [0, 1]


def test_handlers_are_as_before() -> None:
    """Nothing is held back afterwards."""
    with held_back():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_one_that_comes_while_handlers_are_put_back_is_not_lost() -> None:
    """From the end on, what held it back only passes it on."""
    with held_back():
        handler = signal.getsignal(signal.SIGTERM)
    assert callable(handler)
    with pytest.raises(KeyboardInterrupt):
        handler(signal.SIGTERM, None)


def test_another_thread_is_left_alone() -> None:
    """Only the main thread may set handlers, and only it is interrupted."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            with held_back():
                pass
        except ValueError as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert not failed
