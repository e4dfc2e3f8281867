"""What a worker process does with a source: read every byte once, survey, detect, follow."""

from __future__ import annotations

import pickle
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import BinaryIO

import polars as pl

from hevesy.detection import HITS, Detector, exchange_signs, with_place
from hevesy.errors import EvidenceError
from hevesy.evidence import Reach, reach
from hevesy.incident import literals_of, touching
from hevesy.model import Loss, RuleReference, Source, Survey
from hevesy.records import Batch, add_up, parse, parser_for
from hevesy.runner.memory import limit_own_memory
from hevesy.tables import KINDS

__all__ = ["ReadResult", "WorkerSetup", "follow_sources", "read_sources", "set_up"]

FILE_LIMIT = 32 << 20
"""Bytes of a file that are compared with rules; no web page or script is as large."""


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


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What reading one source gave."""

    source: Source
    survey: Survey
    parts: tuple[Path, ...]
    """Arrow IPC files of hits (`HITS`) or touches (`TOUCHES`)."""
    rules: tuple[RuleReference, ...]
    """Rules that hits are of and that are not known before (YARA, baseline, hashes)."""
    signs: tuple[tuple[str, str], ...]
    """Signs that a server runs Exchange: name (or empty) and sign."""
    loss: Loss | None = None


@dataclass(slots=True)
class _Worker:
    setup: WorkerSetup
    detector: Detector
    read: Synchronized[int] | None


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
    return [_guarded(source, _read) for source in sources]


def follow_sources(sources: tuple[Source, ...]) -> list[ReadResult]:
    """Third pass: the rows of some sources that touch followed values."""
    return [_guarded(source, _follow) for source in sources]


def _guarded(source: Source, read: Callable[[_Worker, Source], ReadResult]) -> ReadResult:
    worker = _WORKER[0]
    try:
        result = read(worker, source)
    except (EvidenceError, OSError, EOFError) as error:
        state = "refused" if "Refused" in type(error).__name__ else "unreadable"
        loss = Loss(source.input, source.path, state, str(error) or type(error).__name__)
        result = ReadResult(source, Survey(), (), (), (), loss)
    if worker.read is not None:
        with worker.read.get_lock():
            worker.read.value += source.size
    return result


def _read(worker: _Worker, source: Source) -> ReadResult:
    parser = parser_for(source.kind) if source.kind in KINDS else None
    seekable = parser is not None and parser.seekable
    with reach(source, seekable=seekable, scratch=worker.setup.scratch) as reached:
        if parser is None:
            reached.finish()
            return ReadResult(source, _file_survey(reached.sha256, reached.size), (), (), ())
        if parser.parse is None:
            return _read_file(worker, source, reached)
        hits, survey, signs = _read_records(worker, source, reached.stream)
        reached.finish()
        digest, size = reached.sha256, reached.size
    survey = _finished(survey, digest, size)
    parts = tuple(
        _leave(worker, with_place(frame, source.path, source.input, digest)) for frame in hits
    )
    return ReadResult(source, survey, parts, (), tuple(signs))


def _read_records(
    worker: _Worker, source: Source, stream: BinaryIO
) -> tuple[list[pl.DataFrame], Survey, list[tuple[str, str]]]:
    hits: list[pl.DataFrame] = []
    surveys: list[Survey] = []
    signs: set[tuple[str, str]] = set()
    for batch in parse(source, stream):
        surveys.append(batch.survey)
        signs.update(exchange_signs(batch))
        narrowed = _narrowed(batch, worker.setup)
        found = worker.detector.records(narrowed, source.kind)
        if found.height:
            hits.append(found)
    first_signs = dict(sorted(signs, reverse=True))
    return hits, add_up(surveys), sorted(first_signs.items())


def _narrowed(batch: Batch, setup: WorkerSetup) -> Batch:
    """The batch between `--since` and `--until`; its survey is of all of it."""
    frame = batch.frame
    if setup.since:
        frame = frame.filter(pl.col("time") >= setup.since)
    if setup.until:
        frame = frame.filter(pl.col("time") <= setup.until)
    return Batch(batch.table, frame, batch.survey)


def _read_file(worker: _Worker, source: Source, reached: Reach) -> ReadResult:
    data = reached.stream.read(FILE_LIMIT)
    reached.finish()
    digest = reached.sha256
    survey = _file_survey(digest, reached.size)
    try:
        hits, rules = worker.detector.file(source, data, digest)
    except TimeoutError as error:
        loss = Loss(source.input, source.path, "partial", str(error))
        return ReadResult(source, survey, (), (), (), loss)
    timed = hits.with_columns(time=pl.lit(source.modified, dtype=HITS["time"]))
    placed = with_place(timed, source.path, source.input, digest)
    parts = (_leave(worker, placed),) if placed.height else ()
    partial = None
    if reached.size > FILE_LIMIT:
        reason = f"only the first {FILE_LIMIT >> 20} MiB were compared with rules"
        partial = Loss(source.input, source.path, "partial", reason)
    return ReadResult(source, survey, parts, rules, (), partial)


def _follow(worker: _Worker, source: Source) -> ReadResult:
    followed = worker.setup.followed.get(source.collection, ())
    literals = literals_of([value for _, value in followed])
    parser = parser_for(source.kind)
    with reach(source, seekable=parser.seekable, scratch=worker.setup.scratch) as reached:
        found = [
            frame
            for batch in parse(source, reached.stream, literals)
            if (frame := touching(batch, source.kind, followed)).height
        ]
        reached.finish()
        digest = reached.sha256
    if not found:
        return ReadResult(source, Survey(), (), (), ())
    frame = pl.concat(found).with_columns(
        input=pl.lit(source.input), source=pl.lit(source.path), sha256=pl.lit(digest)
    )
    return ReadResult(source, Survey(), (_leave(worker, frame),), (), ())


def _leave(worker: _Worker, frame: pl.DataFrame) -> Path:
    """Leave a frame for the parent; a file is cheaper than a pipe and bounds the parent's memory."""
    path = worker.setup.scratch / f"part-{uuid.uuid4().hex}.arrow"
    frame.write_ipc(path, compression="zstd")
    return path


def _file_survey(sha256: str, size: int) -> Survey:
    return Survey(sha256=sha256, size=size)


def _finished(survey: Survey, sha256: str, size: int) -> Survey:
    return replace(survey, sha256=sha256, size=size)
