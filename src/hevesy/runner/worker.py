"""What a worker process does with a source: read every byte once, survey, detect, follow."""

from __future__ import annotations

import gc
import hashlib
import os
import pickle
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from multiprocessing.sharedctypes import Synchronized
from typing import TYPE_CHECKING, Any, BinaryIO

import polars as pl

from hevesy.errors import EvidenceError, EvidenceRefused
from hevesy.evidence import Reach, open_plain, reach_many
from hevesy.model import Loss, Source, Survey
from hevesy.records import Sieve, parser_for, sieve
from hevesy.runner.detecting import Detecting
from hevesy.runner.following import Following
from hevesy.runner.memory import limit_own_memory
from hevesy.runner.piece import Piece
from hevesy.runner.result import PieceRead, ReadResult
from hevesy.runner.workers import WorkerSetup
from hevesy.tables import KINDS

if TYPE_CHECKING:
    from pathlib import Path

    from hevesy.detection import Detector

__all__ = [
    "DETECTOR",
    "FOLLOWED",
    "ReadResult",
    "follow_sources",
    "read_sources",
    "set_up",
]

DETECTOR = "detector.pickle"
"""The `Detector`, in the scratch folder, before the first task."""
FOLLOWED = "followed.pickle"
"""Types and values to follow by collection, in the scratch folder, before the third pass."""


@dataclass
class _Worker:
    setup: WorkerSetup
    read: Synchronized[int] | None
    _sieves: dict[str, Sieve | None] = field(default_factory=dict)

    @cached_property
    def detector(self) -> Detector:
        """What everything is compared with."""
        detector: Detector = _kept(self.setup.scratch / DETECTOR)
        gc.freeze()  # modules and rules stay: they need not be looked through again and again
        return detector

    @cached_property
    def followed(self) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """Values to follow by collection, in the third pass."""
        followed: Mapping[str, tuple[tuple[str, str], ...]] = _kept(self.setup.scratch / FOLLOWED)
        return followed

    def sieve(self, kind: str) -> Sieve | None:
        """What passes over the rows of a kind that match nothing; None where all are read."""
        if kind not in self._sieves:
            of_text = parser_for(kind)
            has = of_text is not None and of_text.text is not None
            wanted = self.detector.wanted(KINDS[kind].table) if has else None
            self._sieves[kind] = sieve(kind, wanted)
        return self._sieves[kind]


_PATIENCE = 1.0
"""Seconds to wait for the counter; whoever held it longer was killed, and never gives it back."""

_WORKER: list[_Worker] = []
"""The one state of this process, set when it starts."""


def set_up(setup: WorkerSetup, read: Synchronized[int] | None = None) -> None:
    """Prepare this process for `read_sources` and `follow_sources`.

    Args:
        setup: What it needs.
        read: Counter of bytes read, shared with the parent.
    """
    limit_own_memory(setup.memory_limit)
    gc.set_threshold(20_000, 20, 50)  # as in the process that started this one
    _WORKER[:] = [_Worker(setup, read)]


def _kept(path: Path) -> Any:  # noqa: ANN401  # what the caller put there
    # A pickle of our own, from a private folder that this run made.
    return pickle.loads(path.read_bytes())  # noqa: S301  # see above


def read_sources(items: tuple[Source | Piece, ...]) -> list[ReadResult]:
    """First and second pass: every byte of some sources, surveyed and compared.

    Args:
        items: Sources; or pieces of them, each of which is read by itself.
    """
    worker = _WORKER[0]
    pieces = [item for item in items if isinstance(item, Piece)]
    if pieces:
        return [result for piece in pieces for result in _read_piece(worker, piece)]
    task = _detecting(worker)
    results = _each(worker, items, task.read)
    return _left(worker, *task.finish(results))


def _detecting(worker: _Worker) -> Detecting:
    return Detecting(worker.detector, worker.sieve, worker.setup.since, worker.setup.until)


def _read_piece(worker: _Worker, piece: Piece) -> list[ReadResult]:
    """Read some chunks of a source, or hash all of it."""
    source, task, loss = piece.source, _detecting(worker), None
    result = ReadResult(source, Survey())
    stamps: list[tuple[int, int]] = []
    try:
        with open_plain(source) as stream:
            stamps.append(_stamp(stream))
            if piece.stretch is None:
                sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
                result = ReadResult(source, Survey(sha256=sha256, size=stream.tell()))
            else:
                result = task.read_stretch(source, stream, piece.stretch)
                _count(worker, piece.size)
            stamps.append(_stamp(stream))
    except (EvidenceError, OSError, EOFError) as error:
        reason = str(error) or type(error).__name__
        loss = Loss(source.input, source.path, "partial", reason)
    if piece.stretch is None or not task.surveys:
        frame = pl.DataFrame()
    else:
        (result,), frame = task.finish([result])
    read = PieceRead(piece.number, frozenset(stamps), task.surveys)
    return _left(worker, [replace(result, piece=read, loss=loss)], frame)


def _stamp(stream: BinaryIO) -> tuple[int, int]:
    """Size and time of change of a file: where they stay, so did its bytes."""
    stated = os.fstat(stream.fileno())
    return stated.st_size, stated.st_mtime_ns


def follow_sources(items: tuple[Source | Piece, ...]) -> list[ReadResult]:
    """Third pass: the rows of some sources that touch followed values."""
    worker = _WORKER[0]
    task = Following(worker.followed)
    results = _each(worker, items, task.read, hashed=False)
    return _left(worker, results, task.finish(results))


_Read = Callable[[Source, Reach], ReadResult]


def _each(
    worker: _Worker, items: tuple[Source | Piece, ...], read: _Read, *, hashed: bool = True
) -> list[ReadResult]:
    """Read each source; counts those that were dealt with, for the progress bar."""
    results = []
    scratch = worker.setup.scratch
    sources = [item for item in items if isinstance(item, Source)]
    several = reach_many(sources, seekable=_must_seek, hashed=hashed, scratch=scratch)
    for source, reached in several:
        results.append(_guarded(source, reached, read))
        _count(worker, source.size)
    return results


def _count(worker: _Worker, size: int) -> None:
    if worker.read is None:
        return
    lock = worker.read.get_lock()
    if lock.acquire(timeout=_PATIENCE):
        worker.read.value += size
        lock.release()
    else:
        worker.read = None


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
