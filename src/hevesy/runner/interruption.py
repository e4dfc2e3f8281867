"""Ctrl-C where it may not come at any moment: it waits until no lock is held."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["held_back"]

_Handler = Callable[[int, FrameType | None], object]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_ENOUGH = 3
"""From so many on nothing is held back: somebody no longer wants to wait."""


@contextmanager
def held_back() -> Iterator[None]:
    """Hold back what would interrupt: Python raises `KeyboardInterrupt` between any two steps.

    Where that is within a lock, a future's or a queue's, the lock is never given back, and the
    thread that wants it waits for ever, as does whoever joins it. An interrupt that comes in here
    goes on its way at the end. Outside of the main thread, which alone is interrupted, nothing is
    done.
    """
    before = _handlers() if threading.current_thread() is threading.main_thread() else {}
    noted: list[int] = []
    over = False

    def note(number: int, frame: FrameType | None) -> None:
        noted.append(number)
        if over or len(noted) >= _ENOUGH:
            before[signal.Signals(number)](number, frame)

    try:
        for number in before:
            signal.signal(number, note)
        yield
    finally:
        over = True  # one that comes before all handlers are back holds nothing back either
        for number, handler in before.items():
            signal.signal(number, handler)
        if noted:
            before[signal.Signals(noted[0])](noted[0], None)


def _handlers() -> dict[signal.Signals, _Handler]:
    """What is done now about each signal, where Python does it."""
    found = {number: signal.getsignal(number) for number in _SIGNALS}
    return {number: handler for number, handler in found.items() if callable(handler)}
