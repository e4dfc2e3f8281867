"""Puts rows into a file: mark, header, rows, the header once more after a restart; counts lines."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["NEWLINES", "LogFile", "log_file"]

NEWLINES = {"crlf": "\r\n", "lf": "\n"}

_NOON = 43_200_000
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class LogFile:
    """A whole file, and where rows of interest stand in it."""

    parts: tuple[bytes, ...]
    marked: tuple[tuple[int, int], ...]
    """Mark of a row, and its 1-based line."""


def log_file(  # each is one trait of a file
    rows: pl.DataFrame,
    head: Sequence[str],
    *,
    again: Sequence[str] = (),
    bom: bool = False,
    newline: str = "\r\n",
    before: int = 0,
) -> LogFile:
    """Build a file.

    Args:
        rows: `time` (milliseconds since midnight, sorted), `line`, `mark` (null where of no
            interest).
        head: header lines.
        again: header lines that stand again at noon, where rows lie on both sides of it.
        bom: whether a byte order mark comes first.
        newline: line end.
        before: lines that the file holds already.
    """
    split = int((rows["time"] < _NOON).sum()) if again else 0
    inside = 0 < split < rows.height
    parts = [(_BOM if bom else b"") + _text(head, newline)]
    if inside:
        parts += [_rows(rows[:split], newline), _text(again, newline), _rows(rows[split:], newline)]
    else:
        parts.append(_rows(rows, newline))
    marked = []
    places = rows.with_row_index("place").filter(pl.col("mark").is_not_null())
    for place, mark in places.select("place", "mark").iter_rows():
        more = len(again) if inside and place >= split else 0
        marked.append((mark, before + len(head) + more + place + 1))
    return LogFile(tuple(part for part in parts if part), tuple(marked))


def _text(lines: Sequence[str], newline: str) -> bytes:
    return "".join(f"{line}{newline}" for line in lines).encode()


def _rows(rows: pl.DataFrame, newline: str) -> bytes:
    text = io.BytesIO()
    rows.select("line").write_csv(
        text, include_header=False, line_terminator=newline, quote_style="never"
    )
    return text.getvalue()
