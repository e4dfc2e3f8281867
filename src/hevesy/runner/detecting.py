"""First and second pass over the sources of one task: every byte surveyed and compared, once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO

import polars as pl

from hevesy.detection import HITS, PLACE, Detector, exchange_signs, with_place
from hevesy.errors import EvidenceError
from hevesy.model import Loss, Source, Survey
from hevesy.records import (
    Batch,
    EvtxPool,
    Pooled,
    Rest,
    Sieve,
    Stretch,
    add_up,
    parse,
    parse_stretch,
    parser_for,
)
from hevesy.runner.gathering import Gathered
from hevesy.runner.result import ReadResult
from hevesy.runner.waiting import WaitingRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from hevesy.evidence import Reach

__all__ = ["Detecting", "items_of"]

FILE_LIMIT = 32 << 20
"""Bytes of a file that are compared with rules; no web page or script is as large."""

SMALL = 256 << 10
"""Bytes of the largest log all of whose rows may wait for others'."""


_EVTX = "evtx"


def items_of(sieve: Sieve | None, source: Source, reached: Reach) -> Iterator[Batch | Rest]:
    """What there is to read of a source that has rows."""
    if sieve is None:
        return parse(source, reached.stream)
    return sieve.read(reached.stream, small=source.size <= SMALL)


@dataclass(slots=True)
class _Seen:
    """What the rows of one source have said so far."""

    surveys: list[Survey] = field(default_factory=list)
    signs: dict[str, str] = field(default_factory=dict)


class Detecting:
    """The sources of one task, compared with everything that is known."""

    def __init__(
        self,
        detector: Detector,
        sieve: Callable[[str], Sieve | None],
        since: datetime | None,
        until: datetime | None,
    ) -> None:
        """Begin a task.

        Args:
            detector: What rows and files are compared with.
            sieve: Log kind -> what passes over the rows that match nothing.
            since: Rows before are surveyed and not compared; None: all are.
            until: Rows after are likewise.
        """
        self._detector, self._sieve, self._since, self._until = detector, sieve, since, until
        self._gathered = Gathered(detector)
        self._waiting = WaitingRows(self._take)
        self._events = EvtxPool()
        self._seen: list[_Seen] = []

    def read(self, source: Source, reached: Reach) -> ReadResult:
        """Read the next source; what its rows say is known at the end of the task."""
        place = len(self._seen)
        self._seen.append(_Seen())
        parser = parser_for(source.kind)
        if parser is None:
            reached.finish()
            return ReadResult(source, Survey(sha256=reached.sha256, size=reached.size))
        if parser.parse is None:
            return self._file(place, source, reached)
        loss, rows = None, 0
        try:
            rows = self._rows(place, source, reached)
        except EvidenceError as error:  # a member that ends early: what came before it counts
            loss = Loss(source.input, source.path, "partial", str(error))
        else:
            reached.finish()
        survey = Survey(sha256=reached.sha256, size=reached.size) if loss is None else Survey()
        return ReadResult(source, replace(survey, rows=rows), loss=loss)

    def _rows(self, place: int, source: Source, reached: Reach) -> int:
        """Read the rows of a source, or let them wait; how many there were."""
        if source.kind != _EVTX:
            items = items_of(self._sieve(source.kind), source, reached)
            return self._waiting.put(place, source, items)
        for pooled in self._events.read(place, source, reached.stream):
            self._take_pooled(pooled)
        return self._events.rows + sum(survey.rows for survey in self._seen[place].surveys)

    def read_stretch(self, source: Source, stream: BinaryIO, stretch: Stretch) -> ReadResult:
        """Read some chunks of a source, the only one of its task."""
        seen = _Seen()
        self._seen.append(seen)
        for batch in parse_stretch(source, stream, stretch):
            self._take(0, source, batch)
        return ReadResult(source, Survey(rows=sum(survey.rows for survey in seen.surveys)))

    @property
    def surveys(self) -> tuple[Survey, ...]:
        """What each batch of the only source of its task said of it."""
        return tuple(survey for seen in self._seen for survey in seen.surveys)

    def finish(self, results: list[ReadResult]) -> tuple[list[ReadResult], pl.DataFrame]:
        """What all sources said, in their order, and the hits of all of them."""
        self._waiting.read()
        for pooled in self._events.rest():
            self._take_pooled(pooled)
        whole = []
        for result, seen in zip(results, self._seen, strict=True):
            if seen.surveys:
                sealed = result.survey
                survey = add_up(seen.surveys)
                survey = replace(
                    survey, sha256=sealed.sha256, size=sealed.size if sealed.sha256 else survey.size
                )
                signs = tuple(sorted(seen.signs.items()))
                whole.append(replace(result, survey=survey, signs=signs))
            else:
                whole.append(result)
        hits = [
            with_place(found, whole[place].source, whole[place].survey.sha256)
            for place, found in self._gathered.hits()
        ]
        return whole, pl.concat([pl.DataFrame(schema=HITS), *hits], how="diagonal")

    def _take(self, place: int, source: Source, batch: Batch) -> None:
        """Compare a batch; remember what it says of its source."""
        seen = self._seen[place]
        seen.surveys.append(batch.survey)
        if len(seen.signs) <= len(batch.survey.names):
            seen.signs = dict(exchange_signs(batch)) | seen.signs
        self._gathered.add(place, source.kind, self._narrowed(batch))

    def _take_pooled(self, pooled: Pooled) -> None:
        """Compare rows of several sources; remember what each says."""
        exchange = bool(exchange_signs(pooled.whole))
        for place, batch in pooled.batches:
            seen = self._seen[place]
            seen.surveys.append(batch.survey)
            if exchange and len(seen.signs) <= len(batch.survey.names):
                seen.signs = dict(exchange_signs(batch)) | seen.signs
        places = [place for place, batch in pooled.batches for _ in range(batch.frame.height)]
        frame = pooled.whole.frame.hstack([pl.Series(PLACE, places, dtype=pl.UInt32)])
        whole = Batch(pooled.whole.table, frame, pooled.whole.survey)
        self._gathered.add_placed(_EVTX, self._narrowed(whole))

    def _narrowed(self, batch: Batch) -> Batch:
        """The batch between `since` and `until`; its survey is of all of it."""
        frame = batch.frame
        if self._since:
            frame = frame.filter(pl.col("time") >= self._since)
        if self._until:
            frame = frame.filter(pl.col("time") <= self._until)
        return Batch(batch.table, frame, batch.survey)

    def _file(self, place: int, source: Source, reached: Reach) -> ReadResult:
        data = reached.stream.read(FILE_LIMIT)
        reached.finish()
        survey = Survey(sha256=reached.sha256, size=reached.size)
        try:
            hits, rules = self._detector.file(source, data, survey.sha256)
        except TimeoutError as error:
            return ReadResult(
                source, survey, loss=Loss(source.input, source.path, "partial", str(error))
            )
        time = pl.lit(_time_of(source), dtype=HITS["time"])
        self._gathered.keep(place, hits.with_columns(time=time))
        loss = None
        if reached.size > FILE_LIMIT:
            reason = f"only the first {FILE_LIMIT >> 20} MiB were compared with rules"
            loss = Loss(source.input, source.path, "partial", reason)
        return ReadResult(source, survey, rules=rules, loss=loss)


def _time_of(source: Source) -> datetime | None:
    """The time of a file as its collector kept it; that of a plain copy is the copy's own."""
    return source.modified if len(source.locator) > 1 else None
