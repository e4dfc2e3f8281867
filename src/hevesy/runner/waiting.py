"""Rows of several sources of one task wait for each other, and are read together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hevesy.records import Rest, read_rests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hevesy.model import Source
    from hevesy.records import Batch

__all__ = ["WaitingRows"]

_FULL = 20_000
"""Rows that wait at most: an archive may hold any number of small logs, and is one task. A frame of
them takes some 20 MB; twice as many are not read faster."""
_CHARACTERS = 64 << 20
"""Characters of those rows at most: they may be long."""
_MANY = 4_000
"""Rests that wait at most: each is a little work, however few its rows."""


class WaitingRows:
    """Rests of sources, whose rows are not read yet."""

    def __init__(self, take: Callable[[int, Source, Batch], None]) -> None:
        """Begin with none.

        Args:
            take: gets each batch, with the source and its number in the task.
        """
        self._take = take
        self._waiting: dict[str, list[tuple[int, Source, Rest]]] = {}
        self._rows = 0
        self._rests = 0
        self._characters = 0

    def put(self, place: int, source: Source, items: Iterable[Batch | Rest]) -> int:
        """Hand on what was read of a source, and let the rest wait.

        Args:
            place: number of the source in the task.
            source: its `kind` says with which others a rest is read.
            items: what there is of it, in order.

        Returns:
            How many rows there were, those passed over and damaged included.
        """
        rows = 0
        for item in items:
            if isinstance(item, Rest):
                rows += len(item.raw) + sum(each.count for each in item.passed)
                self._add(place, source, item)
            else:
                rows += item.survey.rows
                self._take(place, source, item)
        return rows

    def read(self) -> None:
        """Read all that wait, by kind and in the order in which they came."""
        self._rows = self._rests = self._characters = 0
        for kind in sorted(self._waiting):
            several = self._waiting.pop(kind)
            batches = read_rests(kind, [rest for _, _, rest in several])
            for (place, source, _), batch in zip(several, batches, strict=True):
                self._take(place, source, batch)

    def _add(self, place: int, source: Source, rest: Rest) -> None:
        self._rows += len(rest.raw)
        self._rests += 1
        self._characters += rest.characters
        self._waiting.setdefault(source.kind, []).append((place, source, rest))
        full = self._rows >= _FULL or self._characters >= _CHARACTERS
        if full or self._rests >= _MANY:
            self.read()
