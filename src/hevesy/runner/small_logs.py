"""Small logs of one task wait for each other, and are read together."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, cast

from hevesy.records import SMALL, parse_together, parser_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hevesy.model import Source
    from hevesy.records import Batch

__all__ = ["SmallLogs", "head_of"]

_FULL = 8 << 20
"""Bytes that wait at most: an archive may hold any number of small logs, and is one task."""


class SmallLogs:
    """Logs whose bytes are here and whose rows are not read yet."""

    def __init__(self) -> None:
        """Begin with none."""
        self._waiting: dict[str, list[tuple[int, Source, bytes]]] = {}
        self._size = 0

    @property
    def full(self) -> bool:
        """Whether it is time to read them."""
        return self._size >= _FULL

    def add(self, place: int, source: Source, content: bytes) -> None:
        """Let a log wait.

        Args:
            place: number of the source in the task.
            source: its `kind` says with which others it is read.
            content: all of its bytes.
        """
        self._size += len(content)
        self._waiting.setdefault(source.kind, []).append((place, source, content))

    def batches(self) -> Iterator[tuple[int, Source, list[Batch]]]:
        """Read them: place, source and batches of each, by kind and place."""
        self._size = 0
        for kind in sorted(self._waiting):
            places, sources, contents = zip(*self._waiting.pop(kind), strict=True)
            yield from zip(places, sources, parse_together(sources, contents), strict=True)


def head_of(source: Source, stream: BinaryIO) -> tuple[bytes | None, BinaryIO]:
    """All bytes of a source that may wait for others, and None where it may not.

    Args:
        source: what is read; an archive may say it is smaller than it is.
        stream: its bytes, from their start.

    Returns:
        The bytes or None; and the bytes as a stream, from their start.
    """
    parser = parser_for(source.kind)
    if parser is None or parser.together is None or source.size > SMALL:
        return None, stream
    head = stream.read(SMALL + 1)
    if len(head) <= SMALL:
        return head, io.BytesIO(head)
    return None, cast("BinaryIO", io.BufferedReader(_Rejoined(head, stream), SMALL))


class _Rejoined(io.RawIOBase):
    """What was read of a stream, and then the rest of it."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._parts = [io.BytesIO(head), rest]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed's Buffer is 3.12's
        while self._parts:
            data = self._parts[0].read(len(buffer))
            if data:
                buffer[: len(data)] = data
                return len(data)
            self._parts.pop(0)
        return 0
