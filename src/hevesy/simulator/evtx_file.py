"""EVTX files: a header, and chunks filled one after the other.

Layout after
https://github.com/libyal/libevtx/blob/main/documentation/Windows%20XML%20Event%20Log%20(EVTX).asciidoc.
"""

from __future__ import annotations

import struct
import zlib
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO

from hevesy.simulator.evtx_chunk import Chunk
from hevesy.simulator.evtx_event import Compiled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hevesy.simulator.evtx_event import EventShape, EvtxEvent

__all__ = ["DIRTY", "FILE_HEADER", "FULL", "evtx_parts", "file_header", "write_evtx"]

FILE_HEADER = 4096
DIRTY = 1
"""Flag of a log that was not closed: its header may lag behind its chunks."""
FULL = 2
"""Flag of a log that has reached its size."""
_MOST_CHUNKS = 0xFFFF
"""The header counts chunks in 16 bits: 4 GiB."""
_IN_MEMORY = 16_000_000
_PART = 1_048_576


def file_header(chunks: int, next_id: int, flags: int = 0) -> bytes:
    """Header of a file: 128 bytes, the first 120 under a checksum, padded to 4 KiB."""
    last = max(chunks - 1, 0)
    fields = struct.pack(
        "<8sQQQIHHHH", b"ElfFile\0", 0, last, next_id, 128, 1, 3, FILE_HEADER, chunks
    ).ljust(120, b"\0")
    return (fields + struct.pack("<II", flags, zlib.crc32(fields))).ljust(FILE_HEADER, b"\0")


def write_evtx(
    events: Iterable[EvtxEvent], stream: BinaryIO, *, first_id: int = 1, flags: int = 0
) -> int:
    """Write an EVTX file; memory stays at one chunk whatever the number of events.

    Args:
        events: in the order of their records; events of one sort share their `EventShape`.
        stream: seekable, at its beginning: the header is written last.
        first_id: EventRecordID of the first event; they are numbered through from there.
        flags: of the file: `DIRTY`, `FULL`.

    Returns:
        How many records were written.

    Raises:
        ValueError: an event fits no chunk, its values are not those of its shape, or the file
            would have more chunks than its header can count.
    """
    begin = stream.tell()
    stream.write(bytes(FILE_HEADER))
    chunks = count = 0
    for chunk in _chunks(events, first_id):
        stream.write(chunk.finish())
        chunks += 1
        count += chunk.count
    end = stream.tell()
    stream.seek(begin)
    stream.write(file_header(chunks, first_id + count, flags))
    stream.seek(end)
    return count


def evtx_parts(
    events: Iterable[EvtxEvent], *, first_id: int = 1, flags: int = 0
) -> Iterator[bytes]:
    """The bytes of an EVTX file in pieces, for streams that cannot be rewound.

    As `write_evtx`; the file is gathered on disk first, since its header counts its chunks.
    """
    with SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
        write_evtx(events, spool, first_id=first_id, flags=flags)  # type: ignore[arg-type]  # a binary file but for its type
        spool.seek(0)
        while part := spool.read(_PART):
            yield part


def _chunks(events: Iterable[EvtxEvent], first_id: int) -> Iterator[Chunk]:
    """Full chunks, and the last one."""
    known: dict[EventShape, Compiled] = {}
    chunk = Chunk(1, first_id)
    before = made = 0
    for event in events:
        compiled = known.get(event.shape)
        if compiled is None:
            compiled = known[event.shape] = Compiled(event.shape)
        if chunk.add(event, compiled):
            continue
        if chunk.count:
            yield chunk
            made += 1
            before += chunk.count
            chunk = Chunk(before + 1, first_id + before)
        if made >= _MOST_CHUNKS:
            raise ValueError("an EVTX file has at most 65535 chunks")
        if not chunk.add(event, compiled):
            raise ValueError(
                f"event {event.shape.event_id} of {event.shape.provider} is larger than a chunk"
            )
    if chunk.count:
        yield chunk
