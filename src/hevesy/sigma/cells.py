"""The cells of a column by distinct value: what is tested once, and the rows it stands for."""

from __future__ import annotations

from array import array
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

import polars as pl
from pyroaring import BitMap

from hevesy.sigma.values import Values

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Cells"]

_FEW = 64
"""Values that are not worth bringing together."""
_REPEATS = 0.8
"""Part of the cells that is distinct from which on bringing equal values together costs more."""
_SAMPLE = 1000
_SETS = 1024
"""Row sets of so many values are united; of more values the rows are gathered."""


class Cells:
    """The non-null cells of a column, by distinct value."""

    def __init__(self, values: pl.Series, rows: pl.Series | None = None) -> None:
        """Take a column and, where it is a part of a frame, the rows that its cells stand in."""
        self.column = values
        self._given = rows
        self._sets: dict[int, BitMap] = {}

    @cached_property
    def _distinct(self) -> tuple[pl.Series, pl.Series | None]:
        """Distinct values, and for each its rows: a number, or a list of them.

        None: each value stands in the row of its own number.
        """
        column, rows = self.column, self._given
        if isinstance(column.dtype, pl.List):
            cells = pl.DataFrame({"value": column, "row": self._numbered(column)}).explode("value")
            column, rows = cells["value"], cells["row"]
        if column.null_count():
            held = column.is_not_null()
            column, rows = column.filter(held), self._numbered(column, rows).filter(held)
        if _hardly_repeats(column):
            return column, rows
        cells = pl.DataFrame({"value": column, "row": self._numbered(column, rows)})
        grouped = cells.group_by("value", maintain_order=True).agg("row")
        return grouped["value"], grouped["row"]

    def _numbered(self, column: pl.Series, rows: pl.Series | None = None) -> pl.Series:
        known = self._given if rows is None else rows
        return pl.int_range(len(column), dtype=pl.UInt32, eager=True) if known is None else known

    @cached_property
    def values(self) -> Values:
        """The distinct values."""
        return Values(self._distinct[0])

    @cached_property
    def _weights(self) -> list[int] | None:
        """How many rows each value stands in; None: one each."""
        rows = self._distinct[1]
        return rows.list.len().to_list() if rows is not None and _lists(rows) else None

    def weight(self, numbers: Sequence[int]) -> int:
        """How many cells hold one of the values with these numbers."""
        weights = self._weights
        return len(numbers) if weights is None else sum([weights[each] for each in numbers])

    def of_rows(self, rows: list[int]) -> Values:
        """The cells of some rows, null where there is none, of a column that has a cell a row."""
        values = self._distinct[0]
        if values is self.column:  # what was folded for all is not folded again
            return self.values.part(rows)
        return Values(self.column, rows)

    def rows(self, numbers: Sequence[int]) -> BitMap:
        """The rows that hold one of the values with these numbers."""
        rows = self._distinct[1]
        if rows is None:
            return BitMap(numbers)
        if not _lists(rows):
            return BitMap(rows.gather(list(numbers)).to_list())
        if len(numbers) <= _SETS:
            return BitMap().union(*[self._rows_of(each) for each in numbers])
        return BitMap(array("I", rows[list(numbers)].explode().to_numpy().tobytes()))

    def _rows_of(self, number: int) -> BitMap:
        """The rows of one value, kept: the values of a rule's fields are asked for again."""
        found = self._sets.get(number)
        if found is None:
            rows, ends = self._flat
            begin = ends[number - 1] if number else 0
            found = self._sets[number] = BitMap(rows[begin : ends[number]])
        return found

    @cached_property
    def _flat(self) -> tuple[array[int], list[int]]:
        """The rows of all values one after another, and where those of each end.

        A slice of this is a set ten times as soon as a list within a column is.
        """
        rows = self._distinct[1]
        if rows is None:
            return array("I"), []
        numbers = rows.explode().to_numpy()
        return array("I", numbers.tobytes()), list(accumulate(self._weights or ()))


def _lists(rows: pl.Series) -> bool:
    return isinstance(rows.dtype, pl.List)


def _hardly_repeats(values: pl.Series) -> bool:
    """Whether bringing equal values together is not worth the work."""
    count = len(values)
    if count <= _FEW:
        return True
    sample = values.gather_every(max(1, count // _SAMPLE))
    if sample.n_unique() <= _REPEATS * len(sample):
        return False
    # thousands of values may still come again and again among many more cells
    return values.dtype != pl.String or _approximately(values) > _REPEATS * count


def _approximately(values: pl.Series) -> int:
    """About how many distinct values there are."""
    return int(pl.DataFrame({"value": values}).select(pl.col("value").approx_n_unique()).item())
