"""Third pass over the sources of one task: the rows that touch followed values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from hevesy.incident import TOUCHES, touching, wanted_by
from hevesy.model import Source, Survey
from hevesy.records import Batch, Sieve, sieve
from hevesy.runner.detecting import items_of
from hevesy.runner.result import ReadResult
from hevesy.runner.waiting import WaitingRows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hevesy.evidence import Reach

__all__ = ["Following"]


class Following:
    """The sources of one task, in which values are followed."""

    def __init__(self, followed: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """Begin a task.

        Args:
            followed: Types and values by collection.
        """
        self._followed = followed
        self._waiting = WaitingRows(self._take)
        self._sieves: dict[tuple[str, str], Sieve | None] = {}
        self._found: list[list[pl.DataFrame]] = []

    def read(self, source: Source, reached: Reach) -> ReadResult:
        """Read the next source."""
        self._found.append([])
        items = items_of(self._sieve(source), source, reached)
        self._waiting.put(len(self._found) - 1, source, items)
        reached.finish()
        return ReadResult(source, Survey())

    def finish(self, results: list[ReadResult]) -> pl.DataFrame:
        """The rows of all sources (`TOUCHES`, the hash of their source not filled)."""
        self._waiting.read()
        # A task refers to itself, so it goes late: what is large of it is let go here.
        every, self._found = self._found, []
        frames = [
            frame.with_columns(
                input=pl.lit(result.source.input, dtype=TOUCHES["input"]),
                source=pl.lit(result.source.path, dtype=TOUCHES["source"]),
            )
            for result, found in zip(results, every, strict=True)
            for frame in found
        ]
        return pl.concat([pl.DataFrame(schema=TOUCHES), *frames])

    def _sieve(self, source: Source) -> Sieve | None:
        """What passes over the rows of a source that touch nothing."""
        key = source.kind, source.collection
        if key not in self._sieves:
            values = [value for _, value in self._followed.get(source.collection, ())]
            self._sieves[key] = sieve(source.kind, wanted_by(values))
        return self._sieves[key]

    def _take(self, place: int, source: Source, batch: Batch) -> None:
        frame = touching(batch, source.kind, self._followed.get(source.collection, ()))
        if frame.height:
            self._found[place].append(frame)
