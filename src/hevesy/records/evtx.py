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
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from hevesy.records.batch import Batch, Parser
from hevesy.records.event_columns import EventColumns
from hevesy.records.evtx_chunk import BRIDGE_ID, CHUNK_SIZE, file_header, mend
from hevesy.records.windows_event import Event, integer, nested_event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hevesy.model import Source

__all__ = ["PARSER", "parse", "recognise"]

log = logging.getLogger(__name__)

_FILE_MAGIC = b"ElfFile\0"
_CHUNK_MAGIC = b"ElfChnk\0"
_HEADER_SIZE = 4096
_RECORD_NUMBER = re.compile(r"record number (\d+)")


def recognise(head: bytes, path: str) -> bool:
    """An EVTX header, a chunk where the first one stands, or the name of an event log."""
    first_chunk = head[_HEADER_SIZE : _HEADER_SIZE + len(_CHUNK_MAGIC)]
    return head.startswith(_FILE_MAGIC) or first_chunk == _CHUNK_MAGIC or path.endswith(".evtx")


def parse(
    source: Source,
    stream: BinaryIO,
    literals: tuple[str, ...] | None = None,  # noqa: ARG001  # see below
) -> Iterator[Batch]:
    """Read every record of every chunk.

    `literals` are not used: strings are not always stored as text in binary XML (SIDs, numbers,
    GUIDs, templates), so a prefilter on bytes would lose records.

    Args:
        source: What is read, for the log.
        stream: Read forwards to its end; need not be seekable.
        literals: Ignored.

    Yields:
        Frames of table `windows`; at least one batch, an empty one for an empty file.
    """
    columns = EventColumns()
    header = _read(stream, _HEADER_SIZE)
    size = len(header)
    promised = _check_header(header, columns)
    number = 0
    while chunk := _read(stream, CHUNK_SIZE):
        for event, raw, record in _chunk_events(chunk, number, columns):
            if columns.full:
                yield columns.take(size)
                size = 0
            columns.add(event, raw, record)
        size += len(chunk)
        number += 1
    if number < promised:
        columns.note(f"truncated: the header says {promised} chunks, the file holds {number}")
    log.debug("%s: %d chunks read", source.path, number)
    yield columns.take(size)


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


def _chunk_events(
    data: bytes, number: int, columns: EventColumns
) -> Iterator[tuple[Event, str, int | None]]:
    """Events of one chunk; what cannot be read is counted in `columns`."""
    if not data.strip(b"\0"):
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
    read = failed = 0
    for record in _records(chunk.data):
        if isinstance(record, str):
            failed += 1
            found = _RECORD_NUMBER.search(record)
            columns.damage(integer(found[1]) or 0 if found else 0, record, f"chunk {number}")
        elif (event := _event(record)) is None:
            failed += 1
            columns.damage(integer(record["event_record_id"]) or 0, "no event", record["data"])
        else:
            read += 1
            yield event, record["data"], event.record_id
    missing = chunk.promised - read - failed
    if missing > 0:
        reason = f"chunk {number} should hold {chunk.promised} records, {missing} are overwritten"
        columns.damage(0, reason, rows=missing)


def _records(chunk: bytes) -> Iterator[dict[str, Any] | str]:
    """Records of one chunk; a reason in place of one that cannot be read."""
    from evtx import PyEvtxParser

    file = io.BytesIO(file_header() + chunk)
    try:
        records = PyEvtxParser(file, number_of_threads=1).records_json()
    except (RuntimeError, OSError, ValueError) as error:
        yield _reason(error)
        return
    while True:
        try:
            record = next(records)
        except StopIteration:
            return
        except (RuntimeError, OSError, ValueError) as error:
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
