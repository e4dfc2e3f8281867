"""One source that hangs, dies, raises or eats memory is lost alone; the run goes on."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from hevesy.model import Source
from hevesy.runner.pool import PoolPlan, Task, Undone, run_tasks

if TYPE_CHECKING:
    import pytest


def source(path: str) -> Source:
    """A source of which only the name matters."""
    return Source("in", path, "", "in", "", "iis", 1, None, (path,))


def test_each_way_to_fail_loses_one_source_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neighbours of a bad source, in the same task, are read all the same."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    module = importlib.import_module("pool_work")
    plan: PoolPlan[Source, str] = PoolPlan(module.work, module.set_up, (), 2)
    tasks = [
        Task(tuple(source(name) for name in ("good 1", "dies", "good 2")), 20),
        Task((source("raises"), source("good 3")), 20),
        Task((source("hangs"),), 1.5),
        Task((source("eats"),), 20),
    ]

    results = [*run_tasks(plan, tasks)]

    read = {r for r in results if isinstance(r, str)}
    lost = {r.source.path: r.reason for r in results if isinstance(r, Undone)}
    assert read == {"good 1", "good 2", "good 3"}
    assert "died" in lost["dies"]
    assert "a bug of ours" in lost["raises"]
    assert "longer than" in lost["hangs"]
    assert "memory" in lost["eats"]
