"""Values of events, shape by shape -> columns of text in the order of the events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from hevesy.records.windows_event import flatten, integer, text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

__all__ = ["Cells", "Shape", "numbers", "texts"]


class Shape(NamedTuple):
    """Events that bring the same names in the same order: most of a log has few such shapes."""

    rows: list[int]
    """Their places, rising."""
    cells: list[Any]
    """JSON values of each, in the order of the names, one event after the other."""


def texts(name: str, values: Sequence[Any]) -> pl.Series | None:
    """JSON values as a column of text, each as `windows_event.text` has it.

    None where a value holds others: names are to be found within it.
    """
    try:
        return pl.Series(name, values, dtype=pl.String)
    except TypeError:  # polars takes nothing but text for text
        kinds = set(map(type, values)) - {type(None)}
    if dict in kinds or list in kinds:
        return None
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean).cast(pl.String)
    if kinds == {int}:
        try:
            return pl.Series(name, values, dtype=pl.Int64).cast(pl.String)
        except (TypeError, OverflowError):  # beyond 64 bits
            pass
    return pl.Series(name, [text(value) for value in values], dtype=pl.String)


def numbers(name: str, values: Sequence[Any]) -> pl.Series:
    """JSON values as a column of whole numbers, each as `windows_event.integer` has it."""
    if set(map(type, values)) <= {int, type(None)}:
        try:
            return pl.Series(name, values, dtype=pl.Int64)
        except (TypeError, OverflowError):
            pass
    return pl.Series(name, [integer(value) for value in values], dtype=pl.Int64)


class Cells:
    """Cells of the columns so far, shape by shape."""

    def __init__(self) -> None:
        """Begin with none."""
        self._order: list[int] = []
        self._pieces: dict[str, list[tuple[int, pl.Series]]] = {}

    def add(self, shapes: dict[tuple[str, ...], Shape], first: int) -> None:
        """Make cells of some events, while a processor has their values at hand.

        Args:
            shapes: Events by the names that they bring; each event in at most one.
            first: Place of the event whose row is 0 in the shapes.
        """
        for rows, made in _made(shapes):
            for piece in made:
                if piece.null_count() < len(piece):
                    self._pieces.setdefault(piece.name, []).append((len(self._order), piece))
            self._order += [first + row for row in rows] if first else rows

    def columns(self, rows: int, reserved: Collection[str]) -> list[pl.Series]:
        """A column of text for each name that has a value, in the order of the events.

        Args:
            rows: How many events there are.
            reserved: Names in lower case that may not be used: such a one is `EventData_<name>`.

        Returns:
            Columns, those of names with blanks also without blanks, that of an empty name as
            `EventData_` and more `_` where that is taken. Where two names come to one,
            an exact name wins over one that was made, row by row, and else the first in order.
        """
        length = len(self._order)
        nothing = pl.Series([None], dtype=pl.String).extend_constant(None, max(0, length - 1))
        found = [_whole(self._pieces[name], nothing) for name in sorted(self._pieces)]
        if "" in self._pieces:  # polars calls a column without name by its place
            found[0] = found[0].alias(_unused("EventData_", self._pieces))
        return _renamed(_in_order(found, self._order, rows), reserved)


def _unused(name: str, taken: Collection[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _made(shapes: dict[tuple[str, ...], Shape]) -> Iterator[tuple[list[int], list[pl.Series]]]:
    """Rows and columns of each shape; where a value holds others, its names are found first."""
    nested: dict[tuple[str, ...], Shape] = {}
    for names, shape in shapes.items():
        width = len(names)
        made = [texts(name, shape.cells[place::width]) for place, name in enumerate(names)]
        whole = [piece for piece in made if piece is not None]
        if len(whole) == width:
            yield shape.rows, whole
            continue
        for place, row in enumerate(shape.rows):
            fields: dict[str, str] = {}
            values = shape.cells[place * width : (place + 1) * width]
            flatten(dict(zip(names, values, strict=True)), fields)
            one = nested.setdefault(tuple(fields), Shape([], []))
            one.rows.append(row)
            one.cells.extend(fields.values())
    if nested:
        yield from _made(nested)


def _whole(pieces: list[tuple[int, pl.Series]], nothing: pl.Series) -> pl.Series:
    """Pieces and what lies between them as one column, as long as `nothing` is."""
    parts: list[pl.Series] = []
    end = 0
    for start, piece in pieces:
        if start > end:
            parts.append(nothing.slice(0, start - end))
        parts.append(piece)
        end = start + len(piece)
    if end < len(nothing):
        parts.append(nothing.slice(0, len(nothing) - end))
    return pl.concat(parts, rechunk=True).alias(pieces[0][1].name)


def _in_order(columns: list[pl.Series], order: list[int], rows: int) -> list[pl.Series]:
    """Columns whose values stand shape by shape, row by row as the events came."""
    if not columns:
        return columns
    frame = pl.DataFrame(columns)
    if len(order) < rows:  # events that bring nothing stand in no shape
        place: list[int | None] = [None] * rows
        for position, row in enumerate(order):
            place[row] = position
        return frame.select(pl.all().gather(pl.Series(place, dtype=pl.UInt32))).get_columns()
    if all(map(int.__lt__, order, order[1:])):
        return columns
    return frame[pl.Series(order, dtype=pl.UInt32).arg_sort()].get_columns()


def _renamed(columns: list[pl.Series], reserved: Collection[str]) -> list[pl.Series]:
    exact = {each.name: each for each in columns if each.name.lower() not in reserved}
    for each in columns:
        if each.name.lower() in reserved:
            _merge(exact, f"EventData_{each.name}", each)
    for name in sorted(name for name in exact if " " in name):
        joined = name.replace(" ", "")
        if joined and joined.lower() not in reserved:
            _merge(exact, joined, exact[name])
    return list(exact.values())


def _merge(columns: dict[str, pl.Series], name: str, column: pl.Series) -> None:
    """Two spellings that come to one name share a column; the first to hold a value wins."""
    before = columns.get(name)
    if before is None:
        columns[name] = column.alias(name)
    else:
        both = pl.DataFrame([before.alias("a"), column.alias("b")])
        columns[name] = both.select(pl.coalesce("a", "b").alias(name))[name]
