"""Many EVTX read into the same frames: what a frame costs, it costs once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from hevesy.records import evtx
from hevesy.records.batch import Batch
from hevesy.records.event_columns import EventColumns
from hevesy.records.evtx_event import EventDecoder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hevesy.model import Source

__all__ = ["EvtxPool", "Pooled"]

_SMALL = 4 << 20
"""Bytes of the largest log that shares frames with others: Windows makes most logs of 1 MiB."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """Rows of one or several sources in one frame."""

    whole: Batch
    """All rows, source by source; its survey says nothing."""
    batches: tuple[tuple[int, Batch], ...]
    """Place and rows of each source, with what they say of it."""


class EvtxPool:
    """Sources that are read one after the other into the same frames.

    A batch is the same whichever other sources are read, unless names without number make it end
    early: a large source is read alone, a small one is in one batch.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._columns = EventColumns()
        self._decoder = EventDecoder()
        self._places: list[int] = []
        self._sizes: list[int] = []

    @property
    def rows(self) -> int:
        """Rows that wait, of all sources."""
        return self._columns.rows

    def read(self, place: int, source: Source, stream: BinaryIO) -> Iterator[Pooled]:
        """Read a source; what is enough for a frame is given, the rest waits.

        Args:
            place: Number of the source.
            source: What is read; its `size` decides whether it shares frames.
            stream: Read forwards to its end.
        """
        small = source.size <= _SMALL
        if self._places and (not small or self._columns.full):
            yield from self.rest()
        if self._places:
            self._columns.begin()
        self._places.append(place)
        self._sizes.append(0)
        for size in evtx.read_into(self._columns, source, stream, self._decoder):
            self._sizes[-1] += size
            if self._columns.overfull if small else self._columns.full:
                yield self._take()
                self._places, self._sizes = [place], [0]
        if not small:
            yield from self.rest()

    def rest(self) -> Iterator[Pooled]:
        """What waits."""
        if self._places:
            yield self._take()
            self._places, self._sizes = [], []

    def _take(self) -> Pooled:
        whole, batches = self._columns.take_all(self._sizes)
        return Pooled(whole, tuple(zip(self._places, batches, strict=True)))
