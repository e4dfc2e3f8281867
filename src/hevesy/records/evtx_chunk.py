"""Chunks of an EVTX file: what they promise, and mending those that are damaged.

A chunk of 64 KiB is a header of 512 bytes (magic, first and last record, where free space begins,
tables of shared names and templates) and records one after the other: magic, size, id, time, binary
XML, and the size again. Layout after
https://github.com/libyal/libevtx/blob/main/documentation/Windows%20XML%20Event%20Log%20(EVTX).asciidoc.
Offsets in a record count from the start of its chunk, so records behind a damaged stretch can still
be read where they stand: a record that nobody wants is laid over the stretch.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

__all__ = ["BRIDGE_ID", "CHUNK_SIZE", "Chunk", "file_header", "mend"]

CHUNK_SIZE = 65_536
BRIDGE_ID = 0xFFFF_FFFF_FFFF_FFFE
"""Record id of what is laid over a damaged stretch; no log has ever counted so far."""

_MAGIC = b"ElfChnk\0"
_RECORD_MAGIC = b"\x2a\x2a\0\0"
_HEADER_SIZE = 512
_TABLES = 128
_ALIGNMENT = 8
_SMALLEST = 32
"""Smallest record that is laid or believed: 24 bytes of header, 4 of XML, 4 of size."""
_MOST_RECORDS = CHUNK_SIZE // _SMALLEST
_BOUNDARY = struct.Struct("<I4sI")
"""Where a record ends, its size is repeated; then come the magic and the size of the next."""
_END = struct.Struct("<I")
_FREE_SPACE = 48
_TABLE_ENTRIES = (_HEADER_SIZE - _TABLES) // 4
"""64 offsets of shared names, 32 of templates; each begins a list linked by offsets."""
_LINKS = struct.Struct(f"<{_TABLE_ENTRIES}I")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk ready to be read, its records chained."""

    data: bytes
    """64 KiB, with its magic."""
    promised: int
    """Records it should hold: as its header says, or counted where the header is damaged."""
    bridges: int
    """Damaged stretches among its records."""
    notes: tuple[str, ...]


def file_header() -> bytes:
    """Header of a file of one chunk: the source's own may be damaged, and each chunk needs one."""
    fields = struct.pack("<8sQQQIHHHH", b"ElfFile\0", 0, 0, 1, 128, 1, 3, 4096, 1)
    return fields.ljust(4096, b"\0")


def mend(data: bytes) -> Chunk | None:
    """Make a chunk ready to be read; None where it holds no record.

    What a truncated chunk lacks is filled with zeros. One whose header is damaged gets a new one,
    if records are seen in it.
    """
    notes: list[str] = []
    if len(data) < CHUNK_SIZE:
        notes.append(f"cut after {len(data)} of {CHUNK_SIZE} bytes")
    mended = bytearray(data.ljust(CHUNK_SIZE, b"\0"))
    free = _free_space(mended)
    promised = _promised(mended)
    whole = mended.startswith(_MAGIC) and free is not None and promised is not None
    if not whole:
        free = CHUNK_SIZE
    seen, bridges, end = _whole_chain(mended, free or CHUNK_SIZE) or _chain(
        mended, free or CHUNK_SIZE
    )
    if not whole:
        if not seen:
            return None
        notes.append(f"header is damaged, {seen} records are seen in it")
        _write_header(mended, seen, end)
        promised = seen
    links = _cut_links(mended)
    if links:
        notes.append(f"{links} links between shared names or templates are damaged")
    return Chunk(bytes(mended), promised or 0, bridges, tuple(notes))


def _free_space(data: bytearray) -> int | None:
    free = int(struct.unpack_from("<I", data, _FREE_SPACE)[0])
    return free if _HEADER_SIZE <= free <= CHUNK_SIZE else None


def _promised(data: bytearray) -> int | None:
    """How many records the header says the chunk holds; None where what it says cannot be."""
    first, last = struct.unpack_from("<QQ", data, 8)
    count = (int(last) - int(first) + 1) % (1 << 64)
    return count if count <= _MOST_RECORDS else None


def _whole_chain(data: bytearray, free: int) -> tuple[int, int, int] | None:
    """What `_chain` says of records that follow each other up to free space; else None."""
    boundary = _BOUNDARY.unpack_from
    position, size, seen = _HEADER_SIZE, 0, 0
    last = min(free, CHUNK_SIZE - _SMALLEST + 1)
    while position < last:
        ended, magic, following = boundary(data, position - 4)
        if magic != _RECORD_MAGIC or following < _SMALLEST or (ended != size and seen):
            return None
        size = following
        position += size
        seen += 1
    if position < free or position > CHUNK_SIZE:
        return None
    if seen and _END.unpack_from(data, position - 4)[0] != size:
        return None
    return seen, 0, position


def _chain(data: bytearray, free: int) -> tuple[int, int, int]:
    """Walk the records, laying a bridge over each stretch that is none.

    Returns:
        Records seen, bridges laid, and where the last record ends.
    """
    position = _HEADER_SIZE
    seen = bridges = 0
    while position < free:
        size = _record_size(data, position)
        if size:
            seen += 1
            position += size
            continue
        following = _next_record(data, position + _SMALLEST, free)
        if following is None:
            break
        _lay_bridge(data, position, following - position)
        bridges += 1
        position = following
    return seen, bridges, position


def _record_size(data: bytearray, position: int) -> int:
    """Size of the record at `position`; 0 where none stands there."""
    if position + _SMALLEST > CHUNK_SIZE or not data.startswith(_RECORD_MAGIC, position):
        return 0
    size = int(struct.unpack_from("<I", data, position + 4)[0])
    if not _SMALLEST <= size <= CHUNK_SIZE - position:
        return 0
    return size if struct.unpack_from("<I", data, position + size - 4)[0] == size else 0


def _next_record(data: bytearray, position: int, free: int) -> int | None:
    while (found := data.find(_RECORD_MAGIC, position, free)) >= 0:
        if found % _ALIGNMENT == 0 and _record_size(data, found):
            return found
        position = found + 1
    return None


def _lay_bridge(data: bytearray, position: int, size: int) -> None:
    struct.pack_into("<4sIQQ", data, position, _RECORD_MAGIC, size, BRIDGE_ID, 0)
    struct.pack_into("<I", data, position + size - 4, size)


def _cut_links(data: bytearray) -> int:
    """End lists of shared names and templates where they lead astray or in a circle.

    A reader that follows a circle never comes back.

    Returns:
        How many links were cut.
    """
    if _links_are_whole(data):
        return 0
    cut = 0
    seen: set[int] = set()
    for entry in range(_TABLE_ENTRIES):
        place = _TABLES + 4 * entry
        while following := int(struct.unpack_from("<I", data, place)[0]):
            if following in seen or not _HEADER_SIZE <= following <= CHUNK_SIZE - _SMALLEST:
                struct.pack_into("<I", data, place, 0)
                cut += 1
                break
            seen.add(following)
            place = following
    return cut


def _links_are_whole(data: bytearray) -> bool:
    seen: set[int] = set()
    see = seen.add
    link = _END.unpack_from
    for head in _LINKS.unpack_from(data, _TABLES):
        place = head
        while place:
            if place in seen or not _HEADER_SIZE <= place <= CHUNK_SIZE - _SMALLEST:
                return False
            see(place)
            (place,) = link(data, place)
    return True


def _write_header(data: bytearray, seen: int, end: int) -> None:
    tables = bytes(_HEADER_SIZE - _TABLES)
    if data.startswith(_MAGIC):
        tables = bytes(data[_TABLES:_HEADER_SIZE])
    fields = struct.pack("<8sQQQQIII", _MAGIC, 1, seen, 1, seen, _TABLES, _HEADER_SIZE, end)
    data[:_HEADER_SIZE] = fields.ljust(_TABLES, b"\0") + tables
