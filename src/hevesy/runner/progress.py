"""The progress bar: bytes, rate and time left, on stderr, where that is a terminal."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized
    from types import TracebackType

    from rich.console import Console
    from rich.progress import Progress

__all__ = ["ByteProgress"]

_EVERY = 0.2


class ByteProgress:
    """Shows how many bytes the workers have read; a context manager, silent without a terminal."""

    def __init__(
        self, console: Console | None, title: str, total: int, read: Synchronized[int]
    ) -> None:
        """Prepare the bar.

        Args:
            console: Where to show it; None shows nothing.
            title: What is being done.
            total: Bytes in all.
            read: Counter of bytes read, shared with the workers.
        """
        self._shown = console is not None and console.is_terminal
        self._console, self._title, self._total, self._read = console, title, total, read
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="progress", daemon=True)
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._shown:
            from rich.progress import (
                BarColumn,
                DownloadColumn,
                Progress,
                TextColumn,
                TimeRemainingColumn,
                TransferSpeedColumn,
            )

            self._progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
                TimeRemainingColumn(),
                console=self._console,
                transient=True,
            )
            self._progress.start()
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End showing."""
        self._stop.set()
        if self._progress is not None:
            self._thread.join()
            self._progress.stop()

    def _watch(self) -> None:
        if self._progress is None:
            return
        task = self._progress.add_task(self._title, total=self._total)
        read = self._read.get_obj()  # a worker that was killed may hold the lock for ever
        while not self._stop.wait(_EVERY):
            self._progress.update(task, completed=min(read.value, self._total))
