"""Kind `evtx`: Windows event logs in binary XML, of any channel, whole or damaged.

A file is a header of 4 KiB and chunks of 64 KiB, each of which can be read without the others:
https://github.com/libyal/libevtx/blob/main/documentation/Windows%20XML%20Event%20Log%20(EVTX).asciidoc.
So hevesy reads chunk by chunk, forwards only: memory is bounded, a damaged chunk or header costs no
other chunk, and each chunk's header says how many records it should hold, an independent count.
"""

from __future__ import annotations

import io
import logging
import re
import struct
import sys
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import msgspec

from hevesy.records.batch import Batch, Parser
from hevesy.records.event_columns import EventColumns
from hevesy.records.evtx_chunk import BRIDGE_ID, CHUNK_SIZE, file_header, mend
from hevesy.records.evtx_event import EventDecoder
from hevesy.records.windows_event import Event, integer, nested_event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hevesy.model import Source
    from hevesy.records.wanted import Wanted

__all__ = [
    "PARSER",
    "Stretch",
    "parse",
    "parse_stretch",
    "read_into",
    "recognise",
    "stretches",
]

log = logging.getLogger(__name__)

_FILE_MAGIC = b"ElfFile\0"
_CHUNK_MAGIC = b"ElfChnk\0"
_HEADER_SIZE = 4096
_BLOCK = 256
"""Records that are decoded at once: a chunk has fewer, as a rule."""
_BROKEN = (RuntimeError, OSError, ValueError)
"""What the parser raises."""
_RECORD_NUMBER = re.compile(r"record number (\d+)")


def recognise(head: bytes, path: str) -> bool:
    """An EVTX header, a chunk where the first one stands, or the name of an event log."""
    first_chunk = head[_HEADER_SIZE : _HEADER_SIZE + len(_CHUNK_MAGIC)]
    return head.startswith(_FILE_MAGIC) or first_chunk == _CHUNK_MAGIC or path.endswith(".evtx")


class Stretch(NamedTuple):
    """Chunks of a file that are read by themselves."""

    first: int
    end: int
    """The number behind the last one."""
    last: bool
    """Whether nothing follows: chunks that were promised and are not there are missing."""


_WHOLE = Stretch(0, sys.maxsize, last=True)


def stretches(size: int, chunks: int) -> list[tuple[int, Stretch]]:
    """A file in stretches, which say together what the whole file says.

    Args:
        size: Bytes of the file.
        chunks: Most chunks of a stretch; the last one takes whatever else there is.

    Returns:
        Bytes and chunks of each stretch.
    """
    count = max(1, -(-(size - _HEADER_SIZE) // (chunks * CHUNK_SIZE)))
    found = []
    for number in range(count):
        start, end = number * chunks, (number + 1) * chunks
        last = number == count - 1
        places = [min(size, _HEADER_SIZE + at * CHUNK_SIZE) if at else 0 for at in (start, end)]
        length = (size if last else places[1]) - places[0]
        found.append((length, Stretch(start, sys.maxsize if last else end, last)))
    return found


def parse(
    source: Source,
    stream: BinaryIO,
    wanted: Wanted | None = None,  # noqa: ARG001  # see below
) -> Iterator[Batch]:
    """Read every record of every chunk.

    `wanted` is not used: strings are not always stored as text in binary XML (SIDs, numbers,
    GUIDs, templates), so a prefilter on bytes would lose records.

    Args:
        source: What is read, for the log.
        stream: Read forwards to its end; need not be seekable.
        wanted: Ignored.

    Yields:
        Frames of table `windows`; at least one batch, an empty one for an empty file.
    """
    return parse_stretch(source, stream, _WHOLE)


def parse_stretch(source: Source, stream: BinaryIO, stretch: Stretch) -> Iterator[Batch]:
    """Read the records of some chunks, as `parse` reads those of all.

    Args:
        source: What is read, for the log.
        stream: At its start; seekable where the stretch begins later.
        stretch: Which chunks.

    Yields:
        As `parse`. What is wrong with the file's header is said of the first stretch alone.
    """
    columns = EventColumns()
    size = 0
    for read in read_into(columns, source, stream, EventDecoder(), stretch):
        size += read
        if columns.full:
            yield columns.take(size)
            size = 0
    yield columns.take(size)


def read_into(
    columns: EventColumns,
    source: Source,
    stream: BinaryIO,
    decoder: EventDecoder,
    stretch: Stretch = _WHOLE,
) -> Iterator[int]:
    """Add every record of a stream, or of a stretch of it, to `columns`, block by block.

    Yields:
        How many bytes were read for each; the columns may be taken then.
    """
    header = _read(stream, _HEADER_SIZE)
    number = stretch.first
    promised = _check_header(header, EventColumns() if number else columns)
    if number:
        stream.seek(_HEADER_SIZE + number * CHUNK_SIZE)
    else:
        yield len(header)
    while number < stretch.end and (chunk := _read(stream, CHUNK_SIZE)):
        size = len(chunk)
        for _ in _chunk_blocks(chunk, number, columns, decoder):
            yield size
            size = 0
        yield size
        number += 1
    if stretch.last and number < promised:
        columns.note(f"truncated: the header says {promised} chunks, the file holds {number}")
    log.debug("%s: %d chunks read", source.path, number)


def _read(stream: BinaryIO, size: int) -> bytes:
    """`size` bytes, fewer only at the end: a stream from an archive may give less at a time."""
    data = b""
    while len(data) < size and (more := stream.read(size - len(data))):
        data += more
    return data


def _check_header(header: bytes, columns: EventColumns) -> int:
    """Note what is wrong with the file header; return the number of chunks it promises."""
    if not header:
        columns.note("empty file")
        return 0
    if len(header) < _HEADER_SIZE:
        columns.damage(0, f"file header is cut after {len(header)} of {_HEADER_SIZE} bytes", rows=0)
        return 0
    if not header.startswith(_FILE_MAGIC):
        columns.note("file header is damaged: chunks are read without it")
        return 0
    return int(struct.unpack_from("<H", header, 42)[0])


def _chunk_blocks(
    data: bytes, number: int, columns: EventColumns, decoder: EventDecoder
) -> Iterator[None]:
    """Add the events of one chunk; what cannot be read is counted in `columns`."""
    if data == bytes(len(data)):
        return
    chunk = mend(data)
    if chunk is None:
        columns.note("chunks without header and without records: unused, or overwritten")
        return
    for note in chunk.notes:
        columns.note(f"chunk {number}: {note}")
    if chunk.bridges:
        columns.note(
            f"chunk {number}: {chunk.bridges} damaged stretches; what is behind them is read"
        )
    found = 0
    for block in _record_blocks(chunk.data):
        found += len(block)
        for record in block:
            if isinstance(record, str):
                at = _RECORD_NUMBER.search(record)
                columns.damage(integer(at[1]) or 0 if at else 0, record, f"chunk {number}")
        _add_records([record for record in block if not isinstance(record, str)], columns, decoder)
        yield
    missing = chunk.promised - found
    if missing > 0:
        reason = f"chunk {number} should hold {chunk.promised} records, {missing} are overwritten"
        columns.damage(0, reason, rows=missing)


def _add_records(
    records: list[dict[str, Any]], columns: EventColumns, decoder: EventDecoder
) -> None:
    """Add records, those that are written as usual together."""
    raws = [record["data"] for record in records]
    parts = decoder.decode(raws)
    if not parts.strange:
        columns.add_parts(parts, raws)
    elif records[1:]:
        for record in records:
            _add_records([record], columns, decoder)
    else:
        _add_one(records[0], columns)


def _add_one(record: dict[str, Any], columns: EventColumns) -> None:
    event = _event(record)
    if event is None:
        columns.damage(integer(record["event_record_id"]) or 0, "no event", record["data"])
    else:
        columns.add(event, record["data"], event.record_id)


def _record_blocks(chunk: bytes) -> Iterator[list[dict[str, Any] | str]]:
    """Records of a chunk, a bounded number at a time; a reason in place of one that is broken."""
    try:
        records = _parser(chunk)
        block = list(islice(records, _BLOCK))
    except _BROKEN:  # one by one, then, from the first on
        yield from _slow_blocks(chunk)
        return
    yield [one for one in block if one is not None and one["event_record_id"] != BRIDGE_ID]
    if len(block) == _BLOCK:
        rest = _each(records)
        while more := list(islice(rest, _BLOCK)):
            yield more


def _slow_blocks(chunk: bytes) -> Iterator[list[dict[str, Any] | str]]:
    try:
        records = _each(_parser(chunk))
    except _BROKEN as error:
        yield [_reason(error)]
        return
    while block := list(islice(records, _BLOCK)):
        yield block


def _parser(chunk: bytes) -> Iterator[dict[str, Any] | None]:
    from evtx import PyEvtxParser

    file = io.BytesIO(file_header() + chunk)
    records: Iterator[dict[str, Any] | None] = PyEvtxParser(
        file, number_of_threads=1
    ).records_json()
    return records


def _each(records: Iterator[dict[str, Any] | None]) -> Iterator[dict[str, Any] | str]:
    while True:
        try:
            record = next(records)
        except StopIteration:
            return
        except _BROKEN as error:
            if str(BRIDGE_ID) not in str(error):
                yield _reason(error)
        else:
            if record is not None and record["event_record_id"] != BRIDGE_ID:
                yield record


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())


def _event(record: dict[str, Any]) -> Event | None:
    try:
        decoded = msgspec.json.decode(record["data"])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    event = decoded.get("Event") if isinstance(decoded, dict) else None
    if not isinstance(event, dict):
        return None
    return nested_event(event, time=record["timestamp"], record_id=record["event_record_id"])


PARSER = Parser(kind="evtx", recognise=recognise, parse=parse)
