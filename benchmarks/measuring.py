"""Runs a command and says what it took, with all the processes that it starts."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import psutil

from benchmarks.benchmark import Ratio, Timing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["CommandFailedError", "command", "hevesy", "in_turns", "ratio"]

_EVERY = 0.1
"""Seconds between two looks at memory."""


class CommandFailedError(RuntimeError):
    """A command that was to be measured did not succeed."""


def hevesy(*arguments: str) -> list[str]:
    """The command line of hevesy, as installed beside this Python."""
    return [sys.executable, "-m", "hevesy", *arguments]


def command(
    what: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    read: int = 0,
    accept: tuple[int, ...] = (0,),
) -> Timing:
    """Run a command to its end.

    Args:
        what: How it is called in tables.
        arguments: Program and arguments.
        environment: All of its environment.
        read: Bytes that it reads, for the rate.
        accept: Exit codes that mean success.

    Raises:
        CommandFailedError: It ended with another code.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    with subprocess.Popen(  # noqa: S603  # programs that this package names itself
        arguments, env=dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        watch = _Watch(process.pid)
        _, errors = process.communicate()
        seconds = time.perf_counter() - begun
        memory = watch.stop()
    if process.returncode not in accept:
        last = errors.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise CommandFailedError(f"{what}: exit code {process.returncode}: {' '.join(last)}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Timing(what, seconds, cpu, memory, read)


class _Watch:
    """Looks at the private memory (USS) of a process and its children until it is stopped."""

    def __init__(self, pid: int) -> None:
        self._peak = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, args=(pid,), daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """End, and give the peak in bytes."""
        self._end.set()
        self._thread.join()
        return self._peak

    def _look(self, pid: int) -> None:
        while not self._end.is_set():
            self._peak = max(self._peak, _private(pid))
            self._end.wait(_EVERY)


def _private(pid: int) -> int:
    total = 0
    try:
        top = psutil.Process(pid)
        processes = [top, *top.children(recursive=True)]
    except psutil.Error:
        return 0
    for process in processes:
        try:
            total += process.memory_full_info().uss
        except psutil.Error:  # it ended while it was looked at
            continue
    return total


def in_turns(runs: Sequence[Callable[[], Timing]], repeats: int) -> list[Timing]:
    """Run each in turn, several times over, and give the median of each.

    What else the machine does then meets all of them alike.
    """
    rounds = [[run() for run in runs] for _ in range(repeats)]
    return [_median([one[place] for one in rounds]) for place in range(len(runs))]


def _median(timings: Sequence[Timing]) -> Timing:
    return replace(
        timings[0],
        seconds=statistics.median(one.seconds for one in timings),
        cpu=statistics.median(one.cpu for one in timings),
        memory=max(one.memory for one in timings),
    )


def ratio(ours: Timing, peer: Timing, aim: float | None = None) -> Ratio:
    """How many times as long ours takes as the peer."""
    tiny = 1e-6
    return Ratio(
        f"{ours.what} : {peer.what}",
        ours.seconds / max(peer.seconds, tiny),
        ours.cpu / max(peer.cpu, tiny),
        aim,
    )
