"""Processes that read sources; one that hangs or dies loses its source alone."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic, Self, TypeVar

from pebble import ProcessExpired, ProcessPool

from hevesy.runner.interruption import held_back
from hevesy.runner.memory import TOO_MUCH_MEMORY

__all__ = ["PoolPlan", "Task", "Undone", "Workers", "run_tasks"]

_LOOK = 0.2
"""Seconds after which Ctrl-C is noticed at the latest."""
_TRIES = 3
"""How often a task is tried again that was lost with all others."""

Item = TypeVar("Item")
"""What is read: a source, or a piece of one."""
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Task(Generic[Item]):
    """Sources that one worker reads in one go, or a piece of one."""

    sources: tuple[Item, ...]
    seconds: float
    """Time that it may take."""
    tries: int = 0
    """How often all processes were given up while it waited or ran."""


@dataclass(frozen=True, slots=True)
class Undone(Generic[Item]):
    """A source that could not be read to its end, and why."""

    source: Item
    reason: str


@dataclass(frozen=True, slots=True)
class PoolPlan(Generic[Item, Result]):
    """How a pool works: the function for each task, and what a worker needs."""

    work: Callable[[tuple[Item, ...]], Sequence[Result]]
    initializer: Callable[..., None]
    initargs: tuple[object, ...]
    jobs: int


class Workers:
    """Worker processes that several stages use: to start one costs most of a second."""

    def __init__(
        self, initializer: Callable[..., None], initargs: tuple[object, ...], jobs: int
    ) -> None:
        """Prepare processes; they start with the first task, or with `start`."""
        self.jobs = jobs
        # Spawned, not forked: polars keeps threads, and a fork of a process with threads may hang.
        self._made = partial(
            ProcessPool,
            max_workers=jobs,
            initializer=initializer,
            initargs=initargs,
            context=multiprocessing.get_context("spawn"),
        )
        self.pool: ProcessPool = self._made()

    def start(self) -> None:
        """Let the processes start while something else is done."""
        with held_back(), _deaf():
            self.pool.schedule(_nothing)

    def schedule(
        self, work: Callable[[tuple[Item, ...]], Sequence[Result]], task: Task[Item]
    ) -> Future[Sequence[Result]]:
        """Have a task done; with new processes where the old ones are given up."""
        with _deaf():
            try:
                return self.pool.schedule(work, args=(task.sources,), timeout=task.seconds)
            except RuntimeError:  # pebble gives up where a process dies before it says what it does
                self.end()
                self.pool = self._made()
                return self.pool.schedule(work, args=(task.sources,), timeout=task.seconds)

    def __enter__(self) -> Self:
        """Begin to use them."""
        return self

    def __exit__(self, *_: object) -> None:
        """End them, whatever they do."""
        self.end()

    def end(self) -> None:
        """End them, whatever they do; ended once, they may be ended again."""
        with held_back():
            self.pool.stop()  # type: ignore[no-untyped-call]  # pebble types its values only
            self.pool.join()


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes and threads begun in here never hear of Ctrl-C: whoever began them ends them.

    A terminal tells every process; one that is still loading would die with a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows has none
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _nothing() -> None:
    """The first task of a process that is to start."""


def run_tasks(
    plan: PoolPlan[Item, Result], tasks: Sequence[Task[Item]], workers: Workers | None = None
) -> Iterator[Result | Undone[Item]]:
    """Run tasks in worker processes, in any order of completion.

    A task that fails is halved and tried again, until the source that fails alone is found and
    given back as `Undone`: one bad file costs its neighbours little, and the run goes on.

    Args:
        plan: What to run and where.
        tasks: What to run it on.
        workers: Processes that are there already, prepared as the plan says; None: its own.

    Yields:
        Results and undone sources, as they come.
    """
    if workers is None:
        with Workers(plan.initializer, plan.initargs, plan.jobs) as own:
            yield from run_tasks(plan, tasks, own)
        return
    waiting = deque(tasks)
    running: dict[Future[Sequence[Result]], Task[Item]] = {}
    while waiting or running:
        with held_back():
            while waiting and len(running) < workers.jobs * 2:
                task = waiting.popleft()
                running[workers.schedule(plan.work, task)] = task
            # Not for ever: Ctrl-C is let through when this comes back.
            done, _ = wait(running, _LOOK, return_when=FIRST_COMPLETED)
        for finished in done:
            task = running.pop(finished)
            reason = _reason(finished, task)
            if not reason:
                yield from finished.result()
            elif isinstance(finished.exception(), BrokenProcessPool) and task.tries < _TRIES:
                waiting.append(replace(task, tries=task.tries + 1))  # another one's fault, perhaps
            elif len(task.sources) == 1:
                yield Undone(task.sources[0], reason)
            else:
                middle = len(task.sources) // 2
                halves = (task.sources[:middle], task.sources[middle:])
                waiting.extendleft(Task(half, task.seconds) for half in halves)


def _reason(future: Future[Sequence[Result]], task: Task[Item]) -> str:
    """Why a task failed; empty where it did not."""
    error = future.exception()
    if error is None:
        return ""
    if isinstance(error, FutureTimeoutError | TimeoutError):
        return f"reading it took longer than {task.seconds:.0f} s"
    if isinstance(error, ProcessExpired):
        if error.exitcode == TOO_MUCH_MEMORY:
            return "reading it took more memory than a worker may take"
        return f"the process that read it died (exit code {error.exitcode})"
    if isinstance(error, Exception):
        return f"{type(error).__name__}: {error}"
    raise error
