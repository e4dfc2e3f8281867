"""One source that hangs, dies, raises or eats memory is lost alone; the run goes on."""

from __future__ import annotations

import importlib
import multiprocessing
import signal
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest
from pebble.pool.base_pool import PoolStatus

from hevesy.model import Source
from hevesy.runner.pool import PoolPlan, Task, Undone, Workers, run_tasks


def source(path: str) -> Source:
    """A source of which only the name matters."""
    return Source("in", path, "", "in", "", "iis", 1, None, (path,))


def test_each_way_to_fail_loses_one_source_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neighbours of a bad source, in the same task, are read all the same."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    module = importlib.import_module("pool_work")
    plan: PoolPlan[Source, str] = PoolPlan(module.work, module.set_up, (), 2)
    tasks = [
        Task(tuple(source(name) for name in ("good 1", "dies", "good 2")), 60),
        Task((source("raises"), source("good 3")), 60),
        Task((source("hangs"),), 1.5),
        Task((source("eats"),), 60),
    ]

    results = [*run_tasks(plan, tasks)]

    read = {r for r in results if isinstance(r, str)}
    lost = {r.source.path: r.reason for r in results if isinstance(r, Undone)}
    assert read == {"good 1", "good 2", "good 3"}
    assert "died" in lost["dies"]
    assert "a bug of ours" in lost["raises"]
    assert "longer than" in lost["hangs"]
    assert "memory" in lost["eats"]


def test_processes_that_were_given_up_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process may die before it says what it does: then none of the others goes on."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    module = importlib.import_module("pool_work")
    plan: PoolPlan[Source, str] = PoolPlan(module.work, module.set_up, (), 1)
    with Workers(module.set_up, (), 1) as workers:
        workers.start()
        workers.pool._context.status = PoolStatus.ERROR
        assert [*run_tasks(plan, [Task((source("good 1"),), 60)], workers)] == ["good 1"]


def test_processes_that_were_dismissed_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their memory is needed for what comes after; to end them once more does no harm."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    module = importlib.import_module("pool_work")
    plan: PoolPlan[Source, str] = PoolPlan(module.work, module.set_up, (), 2)
    before = {child.pid for child in multiprocessing.active_children()}
    with Workers(module.set_up, (), 2) as workers:
        assert [*run_tasks(plan, [Task((source("good 1"),), 60)], workers)] == ["good 1"]
        workers.end()
        assert {child.pid for child in multiprocessing.active_children()} <= before


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Windows has no masks")
@pytest.mark.parametrize("early", [True, False])
def test_ctrl_c_never_reaches_the_processes(
    *, early: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal tells them too: one that is still loading would print a traceback."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    module = importlib.import_module("pool_work")
    plan: PoolPlan[Source, bool] = PoolPlan(module.blocked, module.set_up, (), 1)
    with Workers(module.set_up, (), 1) as workers:
        if early:
            workers.start()
        assert [*run_tasks(plan, [Task((source("good 1"),), 60)], workers)] == [True]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_a_task_that_was_lost_with_all_others_is_tried_again() -> None:
    """It is not its fault; but one that is lost again and again is no more tried."""

    class Losing(Workers):
        """Loses every task of some names so many times."""

        def __init__(self, times: dict[str, int]) -> None:
            self.jobs, self.times = 2, times

        def schedule(self, _work: Any, task: Task[Any]) -> Future[Any]:  # noqa: ANN401  # as given
            future: Future[Any] = Future()
            name = task.sources[0].path
            if self.times[name]:
                self.times[name] -= 1
                future.set_exception(BrokenProcessPool("All workers expired"))
            else:
                future.set_result([name])
            return future

    plan: PoolPlan[Source, str] = PoolPlan(lambda _: [], lambda: None, (), 2)
    tasks = [Task((source(name),), 60) for name in ("twice", "always")]
    found = [*run_tasks(plan, tasks, Losing({"twice": 2, "always": 99}))]
    assert "twice" in found
    assert [one.source.path for one in found if isinstance(one, Undone)] == ["always"]
