"""The worker processes of a run: how many, what they are given, when they start."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import TYPE_CHECKING

from hevesy.runner.pool import Workers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hevesy.runner.options import Options
    from hevesy.runner.state import State

__all__ = [
    "WorkerSetup",
    "Workshop",
    "begin_work",
    "byte_counter",
    "dismiss_workers",
    "open_workshop",
    "set_up_with",
    "settle_memory",
]

_MALLOC = {"MALLOC_TRIM_THRESHOLD_": 256 << 20, "MALLOC_MMAP_THRESHOLD_": 32 << 20}
_POLARS_MALLOC = ("_RJEM_MALLOC_CONF", "dirty_decay_ms:50,muzzy_decay_ms:0")
"""polars keeps what it freed for up to 1.5 s, in which a worker frees 100 MB more. What this says
it adds to its own settings; where its allocator is another one, nobody looks at it."""
_POLARS_USUAL = "dirty_decay_ms:500,muzzy_decay_ms:1000"
_LITTLE = 1 << 20
"""Bytes of evidence for which a second process would start in vain."""
_FEW = 64
"""Files likewise; a folder with more is not looked through."""


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """What a worker needs for all of its sources."""

    scratch: Path
    """Private folder of the run: what is known when tasks begin lies there, and parts are left
    there for the parent."""
    memory_limit: int
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the stages of a run work with."""

    scratch: Path
    """Private folder, removed at the end."""
    workers: Workers
    counter: Synchronized[int]
    """Bytes that the workers have read."""


@contextmanager
def open_workshop(options: Options) -> Iterator[Workshop]:
    """Begin a run: its processes load what they need while this one does; in the end all is gone.

    Args:
        options: Of which the evidence, the time and what concerns processes must be known.
    """
    scratch = Path(tempfile.mkdtemp(prefix="hevesy-"))
    try:
        counter = byte_counter()
        with _workers_of(options, scratch, counter) as workers:
            yield Workshop(scratch, workers, counter)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def byte_counter() -> Synchronized[int]:
    """A counter of bytes read, shared with workers."""
    return multiprocessing.get_context("spawn").Value("Q", 0)


def set_up_with(
    options: Options, scratch: Path, counter: Synchronized[int]
) -> tuple[WorkerSetup, Synchronized[int]]:
    """The arguments of `begin_work`."""
    setup = WorkerSetup(scratch, options.memory_limit, options.since, options.until)
    return setup, counter


def begin_work(setup: WorkerSetup, counter: Synchronized[int]) -> None:
    """What a process does first."""
    from hevesy.runner.worker import set_up  # not before: it is all that a worker works with

    set_up(setup, counter)


def _workers_of(options: Options, scratch: Path, counter: Synchronized[int]) -> Workers:
    """The processes of a run; where there is evidence they start at once, beside the loading."""
    jobs = 1 if _is_little(options.evidence) else options.jobs
    # Processes already use every core; threads of polars in each of them would only get in the way.
    os.environ["POLARS_MAX_THREADS"] = str(max(1, (os.cpu_count() or 1) // jobs))
    settle_memory()
    workers = Workers(begin_work, set_up_with(options, scratch, counter), jobs)
    if all(Path(path).exists() for path in options.evidence):
        workers.start()
    return workers


def settle_memory() -> None:
    """Say how memory is kept and given back by processes that begin from now on.

    Blocks of some MB come and go: without this, glibc gives each back to the system and asks for it
    again, which takes as long as what is done with them. Other systems do not look at it.
    """
    for name, size in _MALLOC.items():
        os.environ.setdefault(name, str(size))
    name, ours = _POLARS_MALLOC
    # Where this process has loaded polars, its usual settings stand there already.
    os.environ[name] = os.environ.get(name, ours).replace(_POLARS_USUAL, ours)


def dismiss_workers(state: State) -> State:
    """End the processes: no stage after this one needs them."""
    if state.workers is not None:
        state.workers.end()
    return state


def _is_little(evidence: Iterable[str]) -> bool:
    """Whether evidence is soon read by one process."""
    left, files = _LITTLE, _FEW
    try:
        for named in evidence:
            path = Path(named)
            for file in path.rglob("*") if path.is_dir() else [path]:
                left, files = left - file.stat().st_size, files - 1
                if left < 0 or files < 0:
                    return False
    except OSError:
        return False
    return True
