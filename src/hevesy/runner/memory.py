"""Memory: what the processes of a run take, and a worker's own limit."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from types import TracebackType
from typing import Self

__all__ = ["TOO_MUCH_MEMORY", "PeakMemory", "limit_own_memory"]

TOO_MUCH_MEMORY = 86
"""Exit code of a worker that stopped itself because it took too much memory."""

_EVERY = 0.25
"""Seconds between two looks."""


def limit_own_memory(limit: int) -> None:
    """End this process when it takes more memory than it may.

    A worker watches itself: that works on every platform, and an end from outside is noticed by the
    pool, which quarantines the source and goes on.

    Args:
        limit: Bytes of resident memory.
    """
    process = psutil.Process()
    pause = threading.Event()

    def watch() -> None:
        while not pause.wait(_EVERY):
            if process.memory_info().rss > limit:
                os._exit(TOO_MUCH_MEMORY)

    threading.Thread(target=watch, name="memory limit", daemon=True).start()


class PeakMemory:
    """Largest private memory of this process and its children, summed; a context manager.

    On Linux mapped files (libraries among them) do not count, elsewhere those that nobody shares.
    """

    def __init__(self) -> None:
        """Nothing is measured until it is entered."""
        self.bytes = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak memory", daemon=True)

    def __enter__(self) -> Self:
        """Begin to measure."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End measuring, with a last look."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        own = psutil.Process()
        while True:
            self.bytes = max(self.bytes, _private(own))
            if self._stop.wait(_EVERY):
                return


def _private(own: psutil.Process) -> int:
    total = 0
    for process in (own, *own.children(recursive=True)):
        try:
            total += _private_of(process)
        except psutil.Error:  # it ended while it was looked at, or may not be looked at
            continue
    return total


def _private_of(process: psutil.Process) -> int:
    """Private memory of a process.

    Where the system counts what is shared, that is a hundred times cheaper than asking for every
    page, which takes a tenth of a core while three processes run.
    """
    info = process.memory_info()
    shared = getattr(info, "shared", None)  # Linux; proc_pid_statm(5)
    return int(process.memory_full_info().uss if shared is None else info.rss - shared)
