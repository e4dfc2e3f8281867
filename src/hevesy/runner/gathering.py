"""Puts the rows of many small sources together, so that rules are compared with them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from hevesy.detection import PLACE
from hevesy.model import Survey
from hevesy.records import Batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hevesy.detection import Detector

__all__ = ["Gathered"]

_ROWS = 20_000
"""Rows that are compared at once: a rule set costs tens of milliseconds a frame, however small.
From so many rows on, that is little beside what the rows cost."""
_BYTES = 16 << 20
"""Bytes of lines that are compared at once; with its cells a frame takes three times as much."""
_CELLS = 6_000_000
"""Cells that are compared at once: Windows events have hundreds of columns, most of them empty."""


class Gathered:
    """Rows of one task that wait to be compared, and the hits of those that were.

    Exchange writes an hourly file for each protocol: thousands of files with a few rows each.
    """

    def __init__(self, detector: Detector) -> None:
        """Begin with nothing."""
        self._detector = detector
        self._waiting: dict[tuple[str, str], list[pl.DataFrame]] = {}
        self._size: dict[tuple[str, str], tuple[int, int, int]] = {}
        self._found: dict[int, list[pl.DataFrame]] = {}

    def add(self, place: int, kind: str, batch: Batch) -> None:
        """Let a batch wait; compare what waits where it is enough.

        Args:
            place: Number of its source in the task.
            kind: Log kind of its source.
            batch: Its rows.
        """
        if batch.frame.height:
            rows = batch.frame.with_columns(pl.lit(place, dtype=pl.UInt32()).alias(PLACE))
            self._wait(batch.table, kind, rows)

    def add_placed(self, kind: str, batch: Batch) -> None:
        """Let rows of several sources wait, as `add` does those of one.

        Args:
            kind: Log kind of the sources.
            batch: Their rows, of which the column `PLACE` says which source they are of.
        """
        if batch.frame.height:
            self._wait(batch.table, kind, batch.frame)

    def _wait(self, table: str, kind: str, rows: pl.DataFrame) -> None:
        key = (table, kind)
        self._waiting.setdefault(key, []).append(rows)
        count, size, width = self._size.get(key, (0, 0, 0))
        count, size = count + rows.height, size + int(rows["raw"].estimated_size())
        width = max(width, rows.width)
        self._size[key] = count, size, width
        if count >= _ROWS or size >= _BYTES or count * width >= _CELLS:
            self._compare(table, kind)

    def keep(self, place: int, hits: pl.DataFrame) -> None:
        """Keep hits that were found otherwise."""
        if hits.height:
            self._found.setdefault(place, []).append(hits)

    def hits(self) -> Iterator[tuple[int, pl.DataFrame]]:
        """Compare what still waits; all hits by place, in the order of places, which are let go."""
        for table, kind in list(self._waiting):
            self._compare(table, kind)
        for place in sorted(self._found):
            yield place, pl.concat(self._found.pop(place), how="diagonal")

    def _compare(self, table: str, kind: str) -> None:
        waiting = self._waiting.pop((table, kind), [])
        self._size.pop((table, kind), None)
        if not waiting:
            return
        frame = waiting[0] if len(waiting) == 1 else pl.concat(waiting, how="diagonal_relaxed")
        hits = self._detector.records(Batch(table, frame, Survey()), kind)
        for (place,), rows in hits.group_by("source", maintain_order=True):
            self.keep(int(str(place)), rows)
