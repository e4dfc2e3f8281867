"""Cuts the bytes of a text log into blocks of whole lines; a line without end costs no memory."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import polars as pl

from hevesy.model import DamagedRow

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "BLOCK_BYTES",
    "BOM",
    "LINE_LIMIT",
    "SAMPLES",
    "SAMPLE_CHARS",
    "ByteBlock",
    "LineBlock",
    "byte_blocks",
    "has_mark",
    "line_blocks",
    "line_ends",
    "lines_of",
    "sampled",
]

ROWS_AT_ONCE = 250_000
"""Lines of the largest block: bounds memory where all lines are short."""

BLOCK_BYTES = 2 << 20
"""Bytes read at once. Larger blocks are slower: they leave the processor's cache."""

LINE_LIMIT = 4 << 20
"""Bytes of the longest line that is read; a longer one is damaged, and counted once."""

BOM = codecs.BOM_UTF8
_TRIES = 1000
_LINE_FEED = ord("\n")

_SPARE: list[bytearray] = []
"""At most one buffer, which nobody reads into: making one costs as much as reading into it."""

SAMPLES = 5
"""Damaged rows of a source that are shown."""

SAMPLE_CHARS = 500
"""Characters of a damaged row that are shown."""

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Consecutive lines of a source."""

    frame: pl.DataFrame
    """`line` (Int64, 1-based), `offset` (Int64, bytes; null in UTF-16), `raw` (String, without
    line end); blank lines are left out."""
    size: int
    """Bytes of the source that were read for it."""
    damaged: int = 0
    """Lines that are too long, or hold nothing but NUL; they are not in `frame`."""
    samples: tuple[DamagedRow, ...] = ()


@dataclass(frozen=True, slots=True)
class ByteBlock:
    """Whole lines of a text log, as bytes."""

    data: bytes
    """UTF-8; empty where a block lies within a line that is too long."""
    offset: int
    """Of its first byte in the source."""
    size: int
    """Bytes of the source that were read for it."""
    wide: bool = False
    """Whether the source is UTF-16: its offsets are no offsets of `data`."""
    endless: bytes | None = None
    """How the line before it begins, where that was too long."""


def line_blocks(stream: BinaryIO) -> Iterator[LineBlock]:
    r"""Lines of a stream, in order; every byte is counted in the `size` of one block.

    UTF-8 with or without BOM; bytes that are not UTF-8 are written out (`\xe9`). UTF-16 with BOM
    (what PowerShell's `>` makes of a log) is read too, without offsets. Blocks depend on the bytes
    alone, not on how the stream hands them out.
    """
    line = 1
    for block in byte_blocks(stream):
        yield from lines_of(block, line)
        line += line_ends(block)


def lines_of(block: ByteBlock, line: int) -> Iterator[LineBlock]:
    """The lines of a block, of which the first has a number, at most `ROWS_AT_ONCE` at once."""
    first = line if block.endless is None else line + 1
    lines = _block(block.data, first, block.offset, size=block.size, wide=block.wide)
    if block.endless is not None:
        lines = _with(lines, _too_long(line, block.endless))
    yield from _bounded(lines)


def line_ends(block: ByteBlock) -> int:
    """How many lines end in a block."""
    # Four times as quick as `bytes.count`, for lines as short as those of logs.
    ends = int(np.count_nonzero(np.frombuffer(block.data, np.uint8) == _LINE_FEED))
    return ends + (block.endless is not None)


def has_mark(data: bytes, begin: int) -> bool:
    """Whether the byte order mark of UTF-8 stands in some bytes, from a place on."""
    # One byte is found forty times as quickly as three; few texts hold many that are not the mark.
    place, tries = data.find(BOM[0], begin), _TRIES
    while place >= 0 and tries:
        if data.startswith(BOM, place):
            return True
        place, tries = data.find(BOM[0], place + 1), tries - 1
    return place >= 0 and data.find(BOM, place) >= 0


def byte_blocks(stream: BinaryIO) -> Iterator[ByteBlock]:
    """The bytes of a stream, in blocks of whole lines; see `line_blocks`."""
    offset, carry, skipped, sample, wide = 0, b"", 0, b"", False
    for data, length, size, wide in _chunks(stream):  # `wide` is asked for after the loop too
        endless, begin = None, 0
        if skipped:
            begin = data.find(b"\n", 0, length) + 1
            if not begin:
                skipped += length
                yield ByteBlock(b"", offset, size, wide)
                continue
            endless, offset, skipped = sample, offset + skipped + begin, 0
        end = data.rfind(b"\n", begin, length) + 1
        if not end:  # no line ends here
            yield ByteBlock(b"", offset, size, wide, endless)
            carry += memoryview(data)[begin:length]
        else:
            whole = b"".join((carry, memoryview(data)[begin:end]))
            yield ByteBlock(whole, offset, size, wide, endless)
            offset, carry = offset + len(whole), bytes(memoryview(data)[end:length])
        if len(carry) > LINE_LIMIT:
            skipped, sample, carry = len(carry), carry[: 4 * SAMPLE_CHARS], b""
    if skipped:
        yield ByteBlock(b"", offset, 0, wide, sample)
    elif carry:
        yield ByteBlock(carry, offset, 0, wide)


def _chunks(stream: BinaryIO) -> Iterator[tuple[bytes | bytearray, int, int, bool]]:
    """UTF-8 bytes in pieces of one size, how many, those they were in the stream, and if UTF-16.

    A piece is overwritten by the next one.
    """
    buffer = _SPARE.pop() if _SPARE else bytearray()
    if len(buffer) != BLOCK_BYTES:
        buffer = bytearray(BLOCK_BYTES)
    try:
        size = _fill(stream, buffer)
        encoding = _UTF16.get(bytes(buffer[: min(size, 2)]))
        decoder = codecs.getincrementaldecoder(encoding)("backslashreplace") if encoding else None
        while size:
            if decoder is None:
                yield buffer, size, size, False
            else:
                text = decoder.decode(memoryview(buffer)[:size])
                data = text.encode("utf-8", "backslashreplace")
                yield data, len(data), size, True
            size = _fill(stream, buffer)
    finally:
        _SPARE[:] = [buffer]


def _fill(stream: BinaryIO, buffer: bytearray) -> int:
    """How many bytes of the stream were put into a buffer: fewer than it holds only at its end."""
    free, count = memoryview(buffer), 0
    while count < len(buffer) and (more := stream.readinto(free[count:])):  # type: ignore[attr-defined]  # all have it
        count += more
    return count


def _block(data: bytes, line: int, offset: int, *, size: int, wide: bool) -> LineBlock:
    """The lines of `data`, which ends with a line end or with the source."""
    block = LineBlock(_lines(data, line, None if wide else offset), size)
    if b"\0" in data:
        nothing = pl.col("raw").str.strip_chars("\0\r") == ""
        block = _without(block, nothing, "nothing but NUL bytes")
        stripped = block.frame.with_columns(pl.col("raw").str.strip_chars_start("\0"))
        block = replace(block, frame=stripped)
    if len(data) > LINE_LIMIT:
        too_long = pl.col("raw").str.len_bytes() > LINE_LIMIT
        block = _without(block, too_long, _too_long(0, b"").reason)
    return block


def _bounded(block: LineBlock) -> Iterator[LineBlock]:
    """The block in pieces of at most `ROWS_AT_ONCE` lines."""
    first, *others = block.frame.iter_slices(ROWS_AT_ONCE) if len(block.frame) else [block.frame]
    yield replace(block, frame=first)
    yield from (LineBlock(other, 0) for other in others)


def _lines(data: bytes, line: int, offset: int | None) -> pl.DataFrame:
    """Columns `line`, `offset`, `raw` of the lines that are not blank."""
    if not data:
        schema = {"line": pl.Int64(), "offset": pl.Int64(), "raw": pl.String()}
        return pl.DataFrame(schema=schema)
    raw = pl.col("raw")
    width = raw.str.len_bytes().cast(pl.Int64)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode(errors="backslashreplace")
        width = pl.lit(pl.Series([len(part) for part in data.split(b"\n")], dtype=pl.Int64))
    start = (width + 1).cum_sum().shift(1, fill_value=0)
    shown = raw.str.strip_chars_end("\r") if b"\r" in data else raw
    if not data.isascii() and has_mark(data, 0):
        shown = shown.str.strip_prefix("\ufeff")
    return (
        pl.LazyFrame({"raw": [text]})
        .select(raw.str.split("\n").explode())
        .select(
            line=pl.int_range(line, pl.len() + line, dtype=pl.Int64),
            offset=pl.lit(None, pl.Int64) if offset is None else start + offset,
            raw=shown,
        )
        .filter(raw.str.contains(r"\S"))
        .collect()
    )


def _without(block: LineBlock, mask: pl.Expr, reason: str) -> LineBlock:
    """The block without the lines of a mask, which are damaged."""
    bad = block.frame.filter(mask)
    if bad.is_empty():
        return block
    samples = sampled(bad.head(SAMPLES).with_columns(reason=pl.lit(reason)))
    return LineBlock(
        block.frame.filter(~mask), block.size, block.damaged + len(bad), block.samples + samples
    )


def sampled(rows: pl.DataFrame) -> tuple[DamagedRow, ...]:
    """Damaged rows, as columns `line`, `raw`, `reason`, to show."""
    shown = rows.select("line", "reason", pl.col("raw").str.head(SAMPLE_CHARS))
    return tuple(DamagedRow(*row) for row in shown.iter_rows())


def _with(block: LineBlock, row: DamagedRow) -> LineBlock:
    """The block with a damaged row in front."""
    return LineBlock(block.frame, block.size, block.damaged + 1, (row, *block.samples))


def _too_long(line: int, sample: bytes) -> DamagedRow:
    text = sample.decode(errors="backslashreplace")[:SAMPLE_CHARS]
    return DamagedRow(line, f"line longer than {LINE_LIMIT >> 20} MiB", text)
