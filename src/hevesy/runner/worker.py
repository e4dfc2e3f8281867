"""What a worker process does with a source: read every byte once, survey, detect, follow."""

from __future__ import annotations

import pickle
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import TYPE_CHECKING

from hevesy.detection import Detector
from hevesy.errors import EvidenceError, EvidenceRefused
from hevesy.evidence import Reach, reach_many
from hevesy.model import Loss, Source, Survey
from hevesy.records import Sieve, parser_for, sieve
from hevesy.runner.detecting import Detecting
from hevesy.runner.following import Following
from hevesy.runner.memory import limit_own_memory
from hevesy.runner.result import ReadResult
from hevesy.tables import KINDS

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ReadResult", "WorkerSetup", "follow_sources", "read_sources", "set_up"]


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """What a worker needs for all of its sources."""

    detector: Path
    """A pickled `Detector`."""
    scratch: Path
    """Private folder of the run, where parts are left for the parent."""
    memory_limit: int
    since: datetime | None
    until: datetime | None
    followed: Mapping[str, tuple[tuple[str, str], ...]]
    """Values to follow by collection, in the third pass."""


@dataclass(slots=True)
class _Worker:
    setup: WorkerSetup
    detector: Detector
    read: Synchronized[int] | None
    _sieves: dict[str, Sieve | None] = field(default_factory=dict)

    def sieve(self, kind: str) -> Sieve | None:
        """What passes over the rows of a kind that match nothing; None where all are read."""
        if kind not in self._sieves:
            of_text = parser_for(kind)
            has = of_text is not None and of_text.text is not None
            wanted = self.detector.wanted(KINDS[kind].table) if has else None
            self._sieves[kind] = sieve(kind, wanted)
        return self._sieves[kind]


_WORKER: list[_Worker] = []
"""The one state of this process, set when it starts."""


def set_up(setup: WorkerSetup, read: Synchronized[int] | None = None) -> None:
    """Prepare this process for `read_sources` and `follow_sources`.

    Args:
        setup: What it needs.
        read: Counter of bytes read, shared with the parent.
    """
    limit_own_memory(setup.memory_limit)
    # A pickle of our own, from a private folder that this run made.
    detector = pickle.loads(setup.detector.read_bytes())  # noqa: S301  # see above
    _WORKER[:] = [_Worker(setup, detector, read)]


def read_sources(sources: tuple[Source, ...]) -> list[ReadResult]:
    """First and second pass: every byte of some sources, surveyed and compared."""
    worker = _WORKER[0]
    setup = worker.setup
    task = Detecting(worker.detector, worker.sieve, setup.since, setup.until)
    results = _each(worker, sources, task.read)
    return _left(worker, *task.finish(results))


def follow_sources(sources: tuple[Source, ...]) -> list[ReadResult]:
    """Third pass: the rows of some sources that touch followed values."""
    worker = _WORKER[0]
    task = Following(worker.setup.followed)
    results = _each(worker, sources, task.read, hashed=False)
    return _left(worker, results, task.finish(results))


_Read = Callable[[Source, Reach], ReadResult]


def _each(
    worker: _Worker, sources: tuple[Source, ...], read: _Read, *, hashed: bool = True
) -> list[ReadResult]:
    """Read each source; counts those that were dealt with, for the progress bar."""
    results = []
    scratch = worker.setup.scratch
    several = reach_many(sources, seekable=_must_seek, hashed=hashed, scratch=scratch)
    for source, reached in several:
        results.append(_guarded(source, reached, read))
        if worker.read is not None:
            with worker.read.get_lock():
                worker.read.value += source.size
    return results


def _must_seek(source: Source) -> bool:
    parser = parser_for(source.kind)
    return parser is not None and parser.seekable


def _guarded(source: Source, reached: Reach, read: _Read) -> ReadResult:
    """Read a source; what breaks on the way is its loss, and what was read before that is kept."""
    try:
        result = read(source, reached)
        error: Exception | None = reached.failure
    except (EvidenceError, OSError, EOFError) as caught:
        result, error = ReadResult(source, Survey()), caught
    if error is None:
        return result
    state = "refused" if isinstance(error, EvidenceRefused) else "unreadable"
    if result.survey.rows:
        state = "partial"
    loss = Loss(source.input, source.path, state, str(error) or type(error).__name__)
    return replace(result, loss=loss)


def _left(worker: _Worker, results: list[ReadResult], frame: pl.DataFrame) -> list[ReadResult]:
    """Leave a frame for the parent, in a file, which is cheaper than a pipe.

    It is one file a task, whichever source is named with it.
    """
    if frame.is_empty():
        return results
    path = worker.setup.scratch / f"part-{uuid.uuid4().hex}.arrow"
    frame.write_ipc(path, compression="zstd")
    return [replace(results[0], parts=(path,)), *results[1:]]
