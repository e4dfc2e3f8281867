"""Tests of `hevesy.records.lines`."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, cast

from hevesy.records import lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest
    from _typeshed import WriteableBuffer


class Endless(io.RawIOBase):
    """Hands out pieces one by one, as a stream out of an archive does; never holds them all."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        """Keep the pieces, of 64 KiB at most, for later."""
        super().__init__()
        self.pieces = iter(pieces)
        self.left = b""

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """What is left of a piece, or the next one; at most as much as fits."""
        view = memoryview(buffer).cast("B")
        piece = self.left or next(self.pieces, b"")
        self.left = piece[len(view) :]
        count = min(len(view), len(piece))
        view[:count] = piece[:count]
        return count


def test_a_line_without_end_is_counted_once_and_costs_no_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The rows before and after it are read, with their line numbers and offsets."""
    monkeypatch.setattr(lines, "BLOCK_BYTES", 1 << 16)
    monkeypatch.setattr(lines, "LINE_LIMIT", 1 << 20)
    size = 3 << 20
    pieces = [b"one\n", *[b"a" * 1024] * (size // 1024), b"\n", b"two\n"]
    blocks = list(lines.line_blocks(cast("BinaryIO", Endless(pieces))))
    rows = [row for block in blocks for row in block.frame.rows()]
    assert rows == [(1, 0, "one"), (3, 4 + size + 1, "two")]
    assert sum(block.damaged for block in blocks) == 1
    (sample,) = (sample for block in blocks for sample in block.samples)
    assert (sample.line, len(sample.text)) == (2, 500)
    assert sum(block.size for block in blocks) == 4 + size + 5
    assert max(block.frame.estimated_size() for block in blocks) < 1 << 20


def test_an_endless_last_line_is_counted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The source may end before the line does."""
    monkeypatch.setattr(lines, "BLOCK_BYTES", 64)
    monkeypatch.setattr(lines, "LINE_LIMIT", 100)
    blocks = list(lines.line_blocks(io.BytesIO(b"one\n" + b"a" * 1000)))
    assert sum(block.damaged for block in blocks) == 1
    assert sum(block.size for block in blocks) == 1004


def test_lines_of_nul_bytes_are_damaged_and_nul_before_a_line_is_taken_off() -> None:
    """A crash leaves runs of NUL in a log; the service goes on writing behind them."""
    (block,) = lines.line_blocks(io.BytesIO(b"\0\0\0\n\0\0one\0two\n"))
    assert block.frame["raw"].to_list() == ["one\0two"]
    assert block.frame["line"].to_list() == [2]
    assert (block.damaged, block.samples[0].reason) == (1, "nothing but NUL bytes")


def test_many_short_lines_come_in_bounded_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block of single letters has millions of lines; pieces keep memory bounded."""
    monkeypatch.setattr(lines, "ROWS_AT_ONCE", 3)
    blocks = list(lines.line_blocks(io.BytesIO(b"a\n" * 8)))
    assert [len(block.frame) for block in blocks] == [3, 3, 2]
    assert [block.size for block in blocks] == [16, 0, 0]


def test_a_mark_is_found_among_any_number_of_bytes_that_begin_like_it() -> None:
    """Full-width letters begin as the mark does; the mark behind them is found all the same."""
    for count in (0, 1, 999, 1000, 1001, 5000):
        text = "ｱ".encode() * count
        assert text.startswith(b"\xef" * min(count, 1))
        assert not lines.has_mark(text, 0)
        assert lines.has_mark(text + lines.BOM + b"x", 0)
        assert not lines.has_mark(lines.BOM + text, 1)
