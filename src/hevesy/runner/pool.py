"""Processes that read sources; one that hangs or dies loses its source alone."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from typing import Generic, TypeVar

from pebble import ProcessExpired, ProcessPool

from hevesy.runner.memory import TOO_MUCH_MEMORY

__all__ = ["Task", "Undone", "run_tasks"]

Item = TypeVar("Item")
"""What is read: a source, or a piece of one."""
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Task(Generic[Item]):
    """Sources that one worker reads in one go, or a piece of one."""

    sources: tuple[Item, ...]
    seconds: float
    """Time that it may take."""


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


def run_tasks(
    plan: PoolPlan[Item, Result], tasks: Sequence[Task[Item]]
) -> Iterator[Result | Undone[Item]]:
    """Run tasks in worker processes, in any order of completion.

    A task that fails is halved and tried again, until the source that fails alone is found and
    given back as `Undone`: one bad file costs its neighbours little, and the run goes on.

    Args:
        plan: What to run and where.
        tasks: What to run it on.

    Yields:
        Results and undone sources, as they come.
    """
    waiting = deque(tasks)
    running: dict[Future[Sequence[Result]], Task[Item]] = {}
    # Spawned, not forked: polars keeps threads, and a fork of a process with threads may hang.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPool(
        max_workers=plan.jobs, initializer=plan.initializer, initargs=plan.initargs, context=context
    )
    try:
        while waiting or running:
            while waiting and len(running) < plan.jobs * 2:
                task = waiting.popleft()
                future = pool.schedule(plan.work, args=(task.sources,), timeout=task.seconds)
                running[future] = task
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for finished in done:
                task = running.pop(finished)
                reason = _reason(finished, task)
                if not reason:
                    yield from finished.result()
                elif len(task.sources) == 1:
                    yield Undone(task.sources[0], reason)
                else:
                    middle = len(task.sources) // 2
                    halves = (task.sources[:middle], task.sources[middle:])
                    waiting.extendleft(Task(half, task.seconds) for half in halves)
        pool.close()  # type: ignore[no-untyped-call]  # pebble types its values only
        pool.join()
    finally:
        pool.stop()  # type: ignore[no-untyped-call]  # likewise
        pool.join()


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
