"""One frame under evaluation: which column a field is, computed fields, atoms of two fields."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import polars as pl
from pyroaring import BitMap

from hevesy.sigma.cells import Cells
from hevesy.sigma.fields import FieldAtoms, FieldState, Searched, UnitedField
from hevesy.sigma.folding import as_text, fold_series

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hevesy.sigma.atom import Atom
    from hevesy.sigma.plan import Plan

__all__ = ["FrameState", "find_column"]


_TOGETHER = 50_000
"""Cells of a column that keywords search together with those of others."""
_WHOLE = 8
"""Keywords search the whole frame at once where they have to search this part of it, or more."""


@lru_cache(maxsize=256)
def _names(columns: tuple[str, ...]) -> tuple[dict[str, str], dict[str, str]]:
    """Columns by case-folded name, and by that name without blanks and underscores."""
    folded: dict[str, str] = {}
    bare: dict[str, str] = {}
    for column in columns:
        folded.setdefault(column.casefold(), column)
        bare.setdefault(_bare(column), column)
    return folded, bare


def _bare(name: str) -> str:
    return name.casefold().replace(" ", "").replace("_", "")


def find_column(name: str, columns: tuple[str, ...]) -> str | None:
    """The column of a field: of that name, else without regard to case, else to blanks and `_`."""
    if name in columns:
        return name
    folded, bare = _names(columns)
    return folded.get(name.casefold()) or bare.get(_bare(name))


class FrameState:
    """Everything worked out about one frame, each thing when first asked for."""

    def __init__(
        self, plan: Plan, fields: Mapping[str | None, FieldAtoms], frame: pl.DataFrame
    ) -> None:
        """Take a frame; nothing is computed yet."""
        self._plan = plan
        self._atoms = fields
        self._frame = frame
        self._columns = tuple(frame.columns)
        self._series: dict[str, pl.Series | None] = {}
        self._fields: dict[str, FieldState | None] = {}
        self._cells: dict[str, Cells] = {}
        self._keywords: Searched = UnitedField(())
        self._whole: Searched | None = None
        self.everything = BitMap()
        self.everything.add_range(0, frame.height)

    def series(self, key: str) -> pl.Series | None:
        """The column, or computed column, of a field key; None where the frame has none."""
        if key not in self._series:
            parts = self._plan.computed.get(key)
            if parts is None:
                column = find_column(key, self._columns)
                self._series[key] = None if column is None else _listed(self._frame[column])
            else:
                self._series[key] = self._joined(parts)
        return self._series[key]

    def _joined(self, parts: Sequence[str]) -> pl.Series | None:
        """A computed field; `TableMap.fields` says how parts are put together."""
        pieces: list[pl.Expr] = []
        held: list[pl.Expr] = []
        before = ""
        columns: dict[str, pl.Series] = {}
        for part in parts:
            if part[:1] == "'":
                before += part[1:-1]
                continue
            column = find_column(part, self._columns)
            if column is not None:
                columns[column] = as_text(self._frame[column])
                cell = pl.col(column)
                holds = cell.is_not_null() & (cell != "") & (cell != "-")
                pieces.append(pl.when(holds).then(pl.lit(before) + cell).otherwise(pl.lit("")))
                held.append(holds)
            before = ""
        if not columns:
            return None
        written = pl.when(pl.any_horizontal(held)).then(pl.concat_str(pieces)).otherwise(None)
        return pl.DataFrame(columns).select(written.alias("joined"))["joined"]

    def field(self, key: str | None) -> Searched | None:
        """A field of the frame; None where the frame has no such column."""
        if key is None:
            return self._keywords
        if key not in self._fields:
            cells = self._cells_of(key)
            self._fields[key] = None if cells is None else FieldState(self._atoms[key], cells)
        return self._fields[key]

    def _cells_of(self, key: str) -> Cells | None:
        series = self.series(key)
        if series is not None and key not in self._cells:
            self._cells[key] = Cells(series)
        return self._cells.get(key)

    def search_in(self, rows: BitMap) -> None:
        """Let keywords search these rows from now on."""
        if len(rows) * _WHOLE < self._frame.height:
            numbers = pl.Series(rows.to_array(), dtype=pl.UInt32)
            part = self._frame.select(self._searched())[numbers]
            self._keywords = self._united([(_listed(each), None) for each in part], numbers)
            return
        if self._whole is None:
            numbers = pl.int_range(self._frame.height, dtype=pl.UInt32, eager=True)
            found = [self._cells_of(name) for name in self._searched()]
            columns = [(cells.column, cells) for cells in found if cells is not None]
            self._whole = self._united(columns, numbers)
        self._keywords = self._whole

    def _united(
        self, columns: Sequence[tuple[pl.Series, Cells | None]], numbers: pl.Series
    ) -> UnitedField:
        """Columns as one field: those that hold little are searched as one column."""
        atoms = self._atoms[None]
        few: list[tuple[pl.Series, pl.Series]] = []
        found: list[Cells] = []
        for column, cells in columns:
            count = len(column) - column.null_count()
            if column.dtype.is_nested() or count > _TOGETHER:
                found.append(cells or Cells(column, numbers))
            elif count == len(column):
                few.append((as_text(column), numbers))
            elif count:
                held = column.is_not_null()
                few.append((as_text(column.filter(held)), numbers.filter(held)))
        if few:
            together = pl.concat([text.alias("") for text, _ in few])
            found.append(Cells(together, pl.concat([rows for _, rows in few])))
        return UnitedField([FieldState(atoms, cells, simple=False) for cells in found])

    def _searched(self) -> list[str]:
        """The columns that keywords search."""
        if self._plan.keywords is not None:
            found = [find_column(name, self._columns) for name in self._plan.keywords]
            return list(dict.fromkeys(name for name in found if name is not None))
        return [name for name, dtype in self._frame.schema.items() if _is_text(dtype)]

    def weights(self, key: str) -> dict[int, int]:
        """At most how many rows pass each atom of a field that a scan tells of."""
        field = self.field(key)
        return field.weights if isinstance(field, FieldState) else {}

    def weight(self, number: int) -> int | None:
        """At most how many rows pass an atom; None where that is not known yet."""
        atom = self._plan.atoms[number]
        if atom.op == "fieldref":
            return None
        field = self.field(atom.field)
        if field is None:
            return self._frame.height if atom.op == "null" else 0
        return None if atom.op == "null" else field.weight(number)

    def narrow(self, number: int, rows: BitMap) -> BitMap:
        """Those of the rows that pass an atom."""
        atom = self._plan.atoms[number]
        if atom.op == "fieldref":
            return self._referring(atom, rows)
        field = self.field(atom.field)
        if atom.op in ("null", "exists") and atom.field is not None:
            present = self._present(atom.field, rows)
            return present if atom.op == "exists" else rows - present
        return BitMap() if field is None else field.narrow(number, rows)

    def _present(self, key: str, rows: BitMap) -> BitMap:
        """Those of the rows where a field is not missing."""
        series = self.series(key)
        if series is None:
            return BitMap()
        if not series.null_count():
            return rows
        numbers = pl.Series(rows.to_array(), dtype=pl.UInt32)
        return BitMap(numbers.filter(series.gather(numbers).is_not_null()).to_list())

    def _referring(self, atom: Atom, rows: BitMap) -> BitMap:
        """Rows where one field equals, begins with, ends with or contains another, without case."""
        left, right = self.series(str(atom.field)), self.series(str(atom.value))
        if left is None or right is None:
            return BitMap()
        numbers = pl.Series(rows.to_array(), dtype=pl.UInt32)
        pair = pl.DataFrame(
            {"left": left.gather(numbers), "right": right.gather(numbers), "row": numbers}
        )
        for name in ("left", "right"):
            if pair[name].dtype == pl.List:  # one of its values
                pair = pair.explode(name)
            pair = pair.with_columns(fold_series(as_text(pair[name])).alias(name))
        pair = pair.drop_nulls()
        mine, other = pl.col("left"), pl.col("right")
        tests = {
            "": mine == other,
            "s": mine.str.starts_with(other),
            "e": mine.str.ends_with(other),
            "se": mine.str.contains(other, literal=True),
        }
        return BitMap(pair.filter(tests[atom.flags])["row"].to_list())


def _listed(series: pl.Series) -> pl.Series:
    """A column of lists without their nulls; a list of nothing is missing."""
    if isinstance(series.dtype, pl.Array):
        series = series.arr.to_list()
    if not isinstance(series.dtype, pl.List):
        return series
    full = series.list.drop_nulls()
    cells = pl.DataFrame({"cell": full, "empty": full.list.len() == 0})
    return cells.select(pl.when("empty").then(None).otherwise("cell").alias("cell"))["cell"]


def _is_text(dtype: pl.DataType) -> bool:
    """Whether a column holds text, or lists of it."""
    inner = dtype.inner if isinstance(dtype, pl.List | pl.Array) else dtype
    return inner == pl.String or isinstance(inner, pl.Categorical | pl.Enum)
