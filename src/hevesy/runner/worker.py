"""What a worker process does with a source: read every byte once, survey, detect, follow."""

from __future__ import annotations

import pickle
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import polars as pl

from hevesy.detection import HITS, Detector, exchange_signs, with_place
from hevesy.errors import EvidenceError, EvidenceRefused
from hevesy.evidence import Reach, reach_many
from hevesy.incident import literals_of, touching
from hevesy.model import Loss, RuleReference, Source, Survey
from hevesy.records import Batch, add_up, parse, parser_for
from hevesy.runner.gathering import Gathered
from hevesy.runner.memory import limit_own_memory
from hevesy.runner.sifting import may_hold
from hevesy.runner.small_logs import SmallLogs, head_of

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
    """Arrow IPC files of hits (`HITS`), of this source and of others of its task, or of touches
    (`TOUCHES`)."""
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
    worker = _WORKER[0]
    gathered = Gathered(worker.detector)
    small = SmallLogs()
    results: list[ReadResult] = []
    for place, (source, reached) in enumerate(_reached(worker, sources)):
        read = partial(_read, place=place, gathered=gathered, small=small)
        results.append(_guarded(worker, source, reached, read))
        if small.full:
            _read_small(worker, small, results, gathered)
    _read_small(worker, small, results, gathered)
    found = [
        with_place(hits, results[place].source, results[place].survey.sha256)
        for place, hits in gathered.hits()
    ]
    found = [hits for hits in found if hits.height]
    if found:  # one file a task, whichever source is named with it
        results[0] = replace(results[0], parts=(_leave(worker, pl.concat(found, how="diagonal")),))
    return results


def follow_sources(sources: tuple[Source, ...]) -> list[ReadResult]:
    """Third pass: the rows of some sources that touch followed values."""
    worker = _WORKER[0]
    passed = tuple(
        source
        for source, reached in reach_many(sources, scratch=worker.setup.scratch)
        if _may_touch(worker, source, reached)
    )
    without = [source for source in sources if source not in set(passed)]
    _count(worker, sum(source.size for source in without))
    nothing = [ReadResult(source, Survey(), (), (), ()) for source in without]
    return nothing + [
        _guarded(worker, source, reached, _follow) for source, reached in _reached(worker, passed)
    ]


def _may_touch(worker: _Worker, source: Source, reached: Reach) -> bool:
    """Whether a source must be parsed to be followed; one that breaks must, to say how."""
    literals = literals_of([value for _, value in worker.setup.followed.get(source.collection, ())])
    return may_hold(reached.stream, literals) or reached.failure is not None


_Read = Callable[["_Worker", Source, Reach], ReadResult]


def _reached(worker: _Worker, sources: tuple[Source, ...]) -> Iterator[tuple[Source, Reach]]:
    """Each source with its bytes; counts those that were dealt with, for the progress bar."""
    for source, reached in reach_many(sources, seekable=_must_seek, scratch=worker.setup.scratch):
        yield source, reached
        _count(worker, source.size)


def _count(worker: _Worker, size: int) -> None:
    """Tell the progress bar that so many bytes were dealt with."""
    if worker.read is not None:
        with worker.read.get_lock():
            worker.read.value += size


def _must_seek(source: Source) -> bool:
    parser = parser_for(source.kind)
    return parser is not None and parser.seekable


def _guarded(worker: _Worker, source: Source, reached: Reach, read: _Read) -> ReadResult:
    """Read a source; what breaks on the way is its loss, and what was read before that is kept."""
    try:
        result = read(worker, source, reached)
        error: Exception | None = reached.failure
    except (EvidenceError, OSError, EOFError) as caught:
        result, error = ReadResult(source, Survey(), (), (), ()), caught
    if error is None:
        return result
    state = "refused" if isinstance(error, EvidenceRefused) else "unreadable"
    if result.survey.rows:
        state = "partial"
    loss = Loss(source.input, source.path, state, str(error) or type(error).__name__)
    return replace(result, loss=loss)


def _read(
    worker: _Worker,
    source: Source,
    reached: Reach,
    *,
    place: int,
    gathered: Gathered,
    small: SmallLogs,
) -> ReadResult:
    parser = parser_for(source.kind)
    if parser is None:
        reached.finish()
        return ReadResult(source, _file_survey(reached.sha256, reached.size), (), (), ())
    if parser.parse is None:
        return _read_file(worker, source, reached, place=place, gathered=gathered)
    content, stream = head_of(source, reached.stream)
    if content is not None and reached.failure is None:
        reached.finish()
        small.add(place, source, content)
        return ReadResult(source, _file_survey(reached.sha256, reached.size), (), (), ())
    result = _taken(worker, parse(source, stream), place, source, gathered)
    if result.loss is not None:
        return result
    reached.finish()
    survey = replace(result.survey, sha256=reached.sha256, size=reached.size)
    return replace(result, survey=survey)


def _taken(
    worker: _Worker, batches: Iterable[Batch], place: int, source: Source, gathered: Gathered
) -> ReadResult:
    """Let the rows of a source be compared; what they say of it, and the signs of Exchange."""
    surveys: list[Survey] = []
    signs: dict[str, str] = {}
    loss = None
    try:
        for batch in batches:
            surveys.append(batch.survey)
            if len(signs) <= len(batch.survey.names):
                signs = dict(exchange_signs(batch)) | signs
            gathered.add(place, source.kind, _narrowed(batch, worker.setup))
    except EvidenceError as error:  # a member that ends early: what came before it counts
        loss = Loss(source.input, source.path, "partial", str(error))
    return ReadResult(source, add_up(surveys), (), (), tuple(sorted(signs.items())), loss)


def _read_small(
    worker: _Worker, small: SmallLogs, results: list[ReadResult], gathered: Gathered
) -> None:
    """Read the logs that wait, and put what they say into their results."""
    for place, source, batches in small.batches():
        sealed = results[place].survey
        result = _taken(worker, batches, place, source, gathered)
        survey = replace(result.survey, sha256=sealed.sha256, size=sealed.size)
        results[place] = replace(result, survey=survey)


def _narrowed(batch: Batch, setup: WorkerSetup) -> Batch:
    """The batch between `--since` and `--until`; its survey is of all of it."""
    frame = batch.frame
    if setup.since:
        frame = frame.filter(pl.col("time") >= setup.since)
    if setup.until:
        frame = frame.filter(pl.col("time") <= setup.until)
    return Batch(batch.table, frame, batch.survey)


def _read_file(
    worker: _Worker, source: Source, reached: Reach, *, place: int, gathered: Gathered
) -> ReadResult:
    data = reached.stream.read(FILE_LIMIT)
    reached.finish()
    survey = _file_survey(reached.sha256, reached.size)
    try:
        hits, rules = worker.detector.file(source, data, survey.sha256)
    except TimeoutError as error:
        loss = Loss(source.input, source.path, "partial", str(error))
        return ReadResult(source, survey, (), (), (), loss)
    gathered.keep(place, hits.with_columns(time=pl.lit(_time_of(source), dtype=HITS["time"])))
    partial_loss = None
    if reached.size > FILE_LIMIT:
        reason = f"only the first {FILE_LIMIT >> 20} MiB were compared with rules"
        partial_loss = Loss(source.input, source.path, "partial", reason)
    return ReadResult(source, survey, (), rules, (), partial_loss)


def _follow(worker: _Worker, source: Source, reached: Reach) -> ReadResult:
    followed = worker.setup.followed.get(source.collection, ())
    literals = literals_of([value for _, value in followed])
    found = [
        frame
        for batch in parse(source, reached.stream, literals)
        if (frame := touching(batch, source.kind, followed)).height
    ]
    reached.finish()
    if not found:
        return ReadResult(source, Survey(), (), (), ())
    frame = pl.concat(found).with_columns(
        input=pl.lit(source.input), source=pl.lit(source.path), sha256=pl.lit(reached.sha256)
    )
    return ReadResult(source, Survey(), (_leave(worker, frame),), (), ())


def _leave(worker: _Worker, frame: pl.DataFrame) -> Path:
    """Leave a frame for the parent: a file is cheaper than a pipe."""
    path = worker.setup.scratch / f"part-{uuid.uuid4().hex}.arrow"
    frame.write_ipc(path, compression="zstd")
    return path


def _file_survey(sha256: str, size: int) -> Survey:
    return Survey(sha256=sha256, size=size)


def _time_of(source: Source) -> datetime | None:
    """The time of a file as its collector kept it; that of a plain copy is the copy's own."""
    return source.modified if len(source.locator) > 1 else None
