"""Damaged EVTX: a whole file in, a broken one out, and which records a reader must still give.

Each function damages one thing in a file of `write_evtx`, and says what a good reader recovers. No
checksum that the damage makes wrong is mended, as none is in nature. Chunks are counted from 0;
`place` is that of a record in its chunk, from 0, negative from its end.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from hevesy.simulator.evtx_chunk import CHUNK_HEADER, CHUNK_SIZE
from hevesy.simulator.evtx_file import DIRTY, FILE_HEADER

__all__ = [
    "Damaged",
    "circular_names",
    "circular_templates",
    "damaged_definition",
    "damaged_record",
    "dirty",
    "endless_value",
    "nested_in_itself",
    "truncated",
    "wrong_checksums",
    "wrong_chunk_magic",
    "wrong_record_size",
    "zeroed_chunk",
    "zeroed_file_header",
]

_NAME_LISTS = range(128, 384, 4)
_TEMPLATE_LISTS = range(384, 512, 4)
_RECORD_HEADER = 24
_TEMPLATE_OFFSET = _RECORD_HEADER + 10
_LAST_DESCRIPTOR = _RECORD_HEADER + 14 + 4 + 4 * 19


@dataclass(frozen=True, slots=True)
class Damaged:
    """A damaged file, and what can be read of it."""

    data: bytes
    kept: tuple[int, ...]
    """Ids of the records that nothing has happened to: a reader must give each, unchanged."""
    lost: tuple[int, ...] = ()
    """Ids of the records of which something is gone: a reader may not invent them."""


@dataclass(frozen=True, slots=True)
class _Record:
    begin: int
    """Offset in the file."""
    size: int
    id: int


def truncated(data: bytes, size: int) -> Damaged:
    """Cut after `size` bytes, as when a copy is broken off or a disk is full.

    Kept: every record that ends before the cut, also those of the cut chunk, whose definitions
    always stand before their use.
    """
    return _damaged(
        data, data[:size], [one.id for one in _all(data) if one.begin + one.size > size]
    )


def zeroed_chunk(data: bytes, chunk: int) -> Damaged:
    """A chunk of zeros, as where a sector could not be read. Kept: all other chunks."""
    begin = _begin(chunk)
    lost = [one.id for one in _records(data, chunk)]
    return _damaged(data, _put(data, begin, bytes(CHUNK_SIZE)), lost)


def wrong_chunk_magic(data: bytes, chunk: int) -> Damaged:
    """The first eight bytes of a chunk are noise. Kept: everything, its records stand there."""
    return _damaged(data, _put(data, _begin(chunk), b"\xde\xad\xbe\xef" * 2))


def wrong_checksums(data: bytes, chunk: int) -> Damaged:
    """Checksums of file header, chunk header and records are all wrong, nothing else is.

    Kept: everything; a checksum says that something may be wrong, not what.
    """
    broken = _put(data, 124, b"\1\2\3\4")
    broken = _put(broken, _begin(chunk) + 124, b"\1\2\3\4")
    return _damaged(data, _put(broken, _begin(chunk) + 52, b"\1\2\3\4"))


def zeroed_file_header(data: bytes) -> Damaged:
    """The first 4 KiB are zeros. Kept: everything; chunks stand where they stood."""
    return _damaged(data, _put(data, 0, bytes(FILE_HEADER)))


def dirty(data: bytes) -> Damaged:
    """A log that was not closed: marked dirty, its header counts one chunk and no record.

    As in a copy taken while Windows was writing. Kept: everything, whatever the header counts.
    """
    broken = _put(data, 16, struct.pack("<QQ", 0, 1))
    broken = _put(broken, 42, struct.pack("<H", 1))
    return _damaged(data, _put(broken, 120, struct.pack("<I", DIRTY)))


def damaged_record(data: bytes, chunk: int, place: int) -> Damaged:
    """A record in mid-chunk is zeros. Kept: all others, those behind it in the chunk too.

    Raises:
        ValueError: the record holds a definition that others need; see `damaged_definition`.
    """
    record = _records(data, chunk)[place]
    inside = record.begin - _begin(chunk)
    if any(inside <= link < inside + record.size for link in _links(data, chunk)):
        raise ValueError(f"record {record.id} holds definitions that others of the chunk need")
    return _damaged(data, _put(data, record.begin, bytes(record.size)), [record.id])


def damaged_definition(data: bytes, chunk: int) -> Damaged:
    """The chunk's first record, which holds definitions, is zeros.

    Kept: all other chunks. Of this one a reader can give at most what needs none of them.
    """
    records = _records(data, chunk)
    first = records[0]
    return _damaged(
        data, _put(data, first.begin, bytes(first.size)), [record.id for record in records]
    )


def wrong_record_size(data: bytes, chunk: int, place: int) -> Damaged:
    """A record says that it is nearly 4 GiB large. Kept: all others."""
    record = _records(data, chunk)[place]
    return _damaged(data, _put(data, record.begin + 4, b"\xf0\xff\xff\xff"), [record.id])


def endless_value(data: bytes, chunk: int, place: int) -> Damaged:
    """The event's data say that they are 65535 bytes long, beyond their record. Kept: others."""
    record = _records(data, chunk)[place]
    return _damaged(
        data, _put(data, record.begin + _descriptor(data, record), b"\xff\xff"), [record.id]
    )


def circular_templates(data: bytes, chunk: int) -> Damaged:
    """A chunk's list of templates leads back to where it began, and never ends.

    Kept: everything: an instance says itself where its template stands. A reader that walks the
    list must end.
    """
    return _damaged(data, _circle(data, chunk, _TEMPLATE_LISTS))


def circular_names(data: bytes, chunk: int) -> Damaged:
    """A chunk's list of names leads back to where it began. Kept: everything, as there."""
    return _damaged(data, _circle(data, chunk, _NAME_LISTS))


def nested_in_itself(data: bytes, chunk: int, place: int) -> Damaged:
    """A record's template holds an instance of itself in place of its data.

    Kept: all others. A reader may not follow it for ever.
    """
    record = _records(data, chunk)[place]
    at = data.find(
        b"\x0f\x01\x01\0\x0c\x01", record.begin + _TEMPLATE_OFFSET, record.begin + record.size
    )
    if at < 0:
        raise ValueError(f"record {record.id} has no data")
    outer = data[record.begin + _RECORD_HEADER + 6 : record.begin + _TEMPLATE_OFFSET + 4]
    return _damaged(data, _put(data, at + 6, outer), [record.id])


def _begin(chunk: int) -> int:
    return FILE_HEADER + CHUNK_SIZE * chunk


def _records(data: bytes, chunk: int) -> list[_Record]:
    found = []
    begin = _begin(chunk)
    place, free = begin + CHUNK_HEADER, begin + _word(data, begin + 48)
    while place < free:
        size = _word(data, place + 4)
        found.append(_Record(place, size, int(struct.unpack_from("<Q", data, place + 8)[0])))
        place += size
    return found


def _all(data: bytes) -> list[_Record]:
    chunks = (len(data) - FILE_HEADER) // CHUNK_SIZE
    return [record for chunk in range(chunks) for record in _records(data, chunk)]


def _links(data: bytes, chunk: int) -> list[int]:
    """Offsets, in the chunk, of every name and template."""
    begin = _begin(chunk)
    found = []
    for head in (*_NAME_LISTS, *_TEMPLATE_LISTS):
        link = _word(data, begin + head)
        while link:
            found.append(link)
            link = _word(data, begin + link)
    return found


def _circle(data: bytes, chunk: int, lists: range) -> bytes:
    """The last entry of the first list that has one points at the first."""
    begin = _begin(chunk)
    first = next(link for head in lists if (link := _word(data, begin + head)))
    last = first
    while following := _word(data, begin + last):
        last = following
    return _put(data, begin + last, struct.pack("<I", first))


def _descriptor(data: bytes, record: _Record) -> int:
    """Where, in a record, the descriptor of the event's data stands.

    Raises:
        ValueError: the record holds its template, so that its values stand further on.
    """
    begin = FILE_HEADER + (record.begin - FILE_HEADER) // CHUNK_SIZE * CHUNK_SIZE
    inside = record.begin - begin
    if inside <= _word(data, record.begin + _TEMPLATE_OFFSET) < inside + record.size:
        raise ValueError(f"record {record.id} holds its own template")
    return _LAST_DESCRIPTOR


def _word(data: bytes, place: int) -> int:
    return int(struct.unpack_from("<I", data, place)[0])


def _put(data: bytes, place: int, new: bytes) -> bytes:
    return data[:place] + new + data[place + len(new) :]


def _damaged(data: bytes, broken: bytes, lost: list[int] | None = None) -> Damaged:
    gone = set(lost or ())
    kept = tuple(record.id for record in _all(data) if record.id not in gone)
    return Damaged(broken, kept, tuple(lost or ()))
