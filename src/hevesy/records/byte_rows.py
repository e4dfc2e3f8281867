"""Rows of a text log as arrays of offsets: told apart and proved plain without reading their cells.

A plain row has as many separators as its header, no quote, no other characters than ASCII, a time
written as usual, and what its log kind asks of some cells. What is true of all plain rows need not
be looked up in each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hevesy.records.clock import EARLIEST, LATEST

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ByteRows", "Shape", "Times", "line_text", "lines_as_rows", "rows_of"]

_LINE_FEED, _CARRIAGE, _QUOTE, _ZERO = b'\n\r"0'
_ASCII = 128
_NINE = 9
_DATE = len("2021-03-03")
_DAY_DIGITS = len("20210303")
_DAY = 86_400_000
_MILLISECONDS = np.array([36_000_000, 3_600_000, 600_000, 60_000, 10_000, 1000, 100, 10, 1], float)
"""Of each digit of a time of day. A product with floats is the quickest, and exact."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How plain rows under a header look."""

    separator: str
    separators: int
    """Of one row."""
    time: str
    """How a row begins: `0` for a digit, everything else as it stands (`0000-00-00 00:00:00`)."""
    numbers: Mapping[int, tuple[int, ...]]
    """Position of a column -> how many digits its cells may have."""
    longest: int
    """Bytes of the longest row that is read."""

    @property
    def time_columns(self) -> int:
        """Columns that the time takes."""
        return self.time.count(self.separator) + 1


@dataclass(frozen=True, slots=True)
class ByteRows:
    """The lines of some bytes. Arrays have an item a line; offsets count from `base`."""

    data: bytes
    base: int
    """Where the first line begins in `data`."""
    array: NDArray[np.uint8]
    """`data` from there on."""
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    """Offsets of the line ends."""
    separators: NDArray[np.int64]
    """Lines by separators: their offsets; arbitrary where a line is not plain."""
    plain: NDArray[np.bool_]

    def cells(self, lines: NDArray[np.int64], column: int, last: int | None = None) -> list[bytes]:
        """Cells of some plain lines; with `last`, those up to that column, with separators."""
        first, after = self._bounds(column, last)
        starts, ends = (first[lines] + self.base).tolist(), (after[lines] + self.base).tolist()
        data = self.data
        return [data[start:end] for start, end in zip(starts, ends, strict=True)]

    def text(self, lines: NDArray[np.int64]) -> list[str]:
        """Some lines, whatever they hold."""
        starts, ends = self.starts[lines] + self.base, self.ends[lines] + self.base
        bounds = zip(starts.tolist(), ends.tolist(), strict=True)
        return [line_text(self.data[start:end]) for start, end in bounds]

    def others(
        self, column: int, value: bytes, last: int | None = None
    ) -> NDArray[np.bool_] | None:
        """Which plain lines have something else than `value` (see `cells`); None where none has."""
        first, after = self._bounds(column, last)
        other: NDArray[np.bool_] = after - first != len(value)
        if value:
            cells = _gathered(self.array, first, len(value))
            unlike = cells != np.frombuffer(value, np.uint8)
            if unlike.any():
                other |= unlike.any(axis=1)
        other &= self.plain
        return other if other.any() else None

    def digits(self, column: int, widths: Sequence[int]) -> NDArray[np.bool_]:
        """Whether a cell is digits, and as many as it may have."""
        first, after = self._bounds(column)
        width = after - first
        right = np.isin(width, widths)
        for length in widths:
            if length:
                odd = _gathered(self.array, first, length) - _ZERO > _NINE
                if odd.any():
                    right &= (width != length) | ~odd.any(axis=1)
        return right

    def _bounds(
        self, column: int, last: int | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Offsets at which the cells of a column, or of several, begin and end."""
        last = column if last is None else last
        first = self.starts if column == 0 else self.separators[:, column - 1] + 1
        if last < self.separators.shape[1]:
            return first, self.separators[:, last]
        return first, self.ends - (self.array[np.maximum(self.ends - 1, 0)] == _CARRIAGE)


@dataclass(frozen=True, slots=True)
class Times:
    """When the lines of some bytes were written; arbitrary where a line is not plain."""

    days: NDArray[np.bytes_] | bytes
    """`2021-03-03`, of each line or of all."""
    clock: NDArray[np.float64]
    """Milliseconds of the day."""


def line_text(line: bytes) -> str:
    """A line without its end; bytes that are not UTF-8 are written out."""
    return line.decode("utf-8", "backslashreplace").rstrip("\r")


def lines_as_rows(data: bytes, base: int = 0) -> ByteRows:
    """The lines of some bytes from `base` on, none of them proved to be plain."""
    array = np.frombuffer(data, np.uint8, offset=base)
    starts, ends = _lines(data, array)
    nothing = np.zeros((len(starts), 1), np.int64)
    return ByteRows(data, base, array, starts, ends, nothing, np.zeros(len(starts), np.bool_))


def rows_of(data: bytes, shape: Shape, base: int = 0) -> tuple[ByteRows, Times]:
    """The lines of some bytes, which of them are plain, and when those were written.

    Args:
        data: whole lines; the last may lack its end. Less than 2 GiB.
        shape: of plain rows.
        base: where the first line begins; there is at least one.
    """
    array = np.frombuffer(data, np.uint8, offset=base)
    starts, ends = _lines(data, array)
    separators, plain = _separators(array, starts, ends, shape)
    rows = ByteRows(data, base, array, starts, ends, separators, plain)
    long = ends - starts > shape.longest
    if long.any():
        plain &= ~long
    for odd in _oddities(data, array, shape):
        plain[np.searchsorted(ends, odd)] = False
    several = _many_returns(array, ends)
    if several.any():
        plain &= ~several
    for column, widths in shape.numbers.items():
        right = rows.digits(column, widths)
        if not right.all():
            plain &= right
    return rows, _times(rows, shape)


def _lines(data: bytes, array: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where lines begin and end."""
    ends = np.flatnonzero(array == _LINE_FEED)
    if not data.endswith(b"\n"):
        ends = np.append(ends, len(array))
    starts = np.empty_like(ends)
    starts[0] = 0
    starts[1:] = ends[:-1]
    starts[1:] += 1
    return starts, ends


def _separators(
    array: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64], shape: Shape
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The separators of each line, and whether it has as many as it should."""
    found = np.flatnonzero(array == ord(shape.separator))
    count, width = len(starts), shape.separators
    if len(found) == count * width:
        each = found.reshape(count, width)
        right = (each[:, 0] >= starts) & (each[:, -1] < ends)
        if right.all():
            return each, right
    first = np.searchsorted(found, starts)
    right = np.searchsorted(found, ends) - first == width
    if not right.any():
        return np.zeros((count, width), np.int64), right
    places = np.where(right, first, 0)[:, None] + np.arange(width)
    return found[np.minimum(places, len(found) - 1)], right


def _oddities(data: bytes, array: NDArray[np.uint8], shape: Shape) -> list[NDArray[np.int64]]:
    """Offsets of bytes that no plain row holds."""
    found = []
    if shape.separator == "," and b'"' in data:
        found.append(np.flatnonzero(array == _QUOTE))
    if not data.isascii():
        found.append(np.flatnonzero(array >= _ASCII))
    return found


def _many_returns(array: NDArray[np.uint8], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which lines end with several carriage returns: all of them belong to the line's end."""
    several: NDArray[np.bool_] = array[np.maximum(ends - 1, 0)] == _CARRIAGE
    several &= array[np.maximum(ends - 2, 0)] == _CARRIAGE
    return several


def _gathered(array: NDArray[np.uint8], places: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    """The bytes from some places on; arbitrary where there are fewer."""
    if len(array) < width:
        return np.zeros((len(places), width), np.uint8)
    shape, strides = (len(array) - width + 1, width), (1, 1)
    windows = np.lib.stride_tricks.as_strided(array, shape, strides, writeable=False)
    return windows[np.minimum(places, len(windows) - 1)]


def _times(rows: ByteRows, shape: Shape) -> Times:
    """Day and time of day of each line; one that is written otherwise makes a line not plain."""
    plain, width = rows.plain, len(shape.time)
    right = rows.separators[:, shape.time_columns - 1] - rows.starts == width
    if not right.all():
        plain &= right
    cells = _gathered(rows.array, rows.starts, width)
    least, span = _bounds_of(shape.time)
    odd = cells - least > span
    if odd.any():
        plain &= ~odd.any(axis=1)
    digits = [at for at, sign in enumerate(shape.time) if sign == "0"][_DAY_DIGITS:]
    clock = (cells[:, digits] - _ZERO).astype(np.float64) @ _MILLISECONDS[: len(digits)]
    late = clock >= _DAY
    if late.any():
        plain &= ~late
    return Times(_days(cells[:, :_DATE], plain), clock)


def _bounds_of(time: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The least byte at each place of a time, and by how much it may be more."""
    least = np.frombuffer(time.encode(), np.uint8)
    most = iter(b"99991939295959999")
    span = [next(most) - _ZERO if sign == "0" else 0 for sign in time]
    return least, np.array(span, dtype=np.uint8)


def _days(dates: NDArray[np.uint8], plain: NDArray[np.bool_]) -> NDArray[np.bytes_] | bytes:
    """The days of lines; one that is in no calendar makes a line not plain."""
    if not plain.any():
        return b""
    first: bytes = dates[int(plain.argmax())].tobytes()
    text = np.dtype(f"S{_DATE}")
    days: NDArray[np.bytes_] = np.ascontiguousarray(dates).view(text).ravel()
    same = bool((days == first).all())
    for day in [first] if same else np.unique(days[plain]).tolist():
        if not _is_day(day):
            plain &= days != day
    return first if same else days


def _is_day(text: bytes) -> bool:
    try:
        return EARLIEST.date() <= date.fromisoformat(text.decode()) < LATEST.date()
    except ValueError:
        return False
