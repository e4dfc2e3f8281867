"""Tables of results as Parquet: the same bytes for the same evidence, in whatever order it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from polars.io.plugins import register_io_source

from hevesy.case.layout import TABLE_FILES
from hevesy.errors import CaseError
from hevesy.tables import FINDINGS, LEDGER, SLICE, TIMELINE, Sliced, SlicedTables, Tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["SCHEMAS", "read_tables", "write_tables"]

SCHEMAS: dict[str, Mapping[str, pl.DataType]] = {
    "findings": FINDINGS,
    "timeline": TIMELINE,
    "ledger": LEDGER,
}
ORDER = ("time", "server", "day", "kind", "id", "finding", "source", "line", "record", "offset")
"""Columns a table is sorted by, in this order, as far as it has them; then by all the others."""

COMPRESSION_LEVEL = 3


def write_tables(folder: Path, tables: Tables | SlicedTables) -> None:
    """Write the three tables, columns in the order of their schema, rows sorted.

    Compression, its level and the size of row groups are fixed, and a row group is written of one
    slice, so that equal rows are equal bytes with one version of polars.
    """
    for name, file in TABLE_FILES.items():
        table: pl.DataFrame | Sliced = getattr(tables, name)
        schema = SCHEMAS[name]
        if isinstance(table, pl.DataFrame):
            table = _sliced(_sorted(table, schema))
        _scanned(table, schema).sink_parquet(
            folder / file,
            compression="zstd",
            compression_level=COMPRESSION_LEVEL,
            row_group_size=SLICE,
            statistics=True,
        )


def _sliced(frame: pl.DataFrame) -> Sliced:
    return Sliced(frame.height, lambda: frame.iter_slices(SLICE) if frame.height else iter([frame]))


def _scanned(table: Sliced, schema: Mapping[str, pl.DataType]) -> pl.LazyFrame:
    """The table for polars' streaming engine, which asks for the next slice when it needs one."""

    def slices(
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        batch_size: int | None,
    ) -> Iterator[pl.DataFrame]:
        del with_columns, predicate, n_rows, batch_size  # a table is written whole
        for part in table.slices():
            yield part.rechunk()

    return register_io_source(slices, schema=dict(schema))


def read_tables(folder: Path) -> Tables:
    """Read the three tables of a case.

    Raises:
        CaseError: a file is missing, is no Parquet, or lacks a column.
    """
    return Tables(**{name: _read(folder / file, name) for name, file in TABLE_FILES.items()})


def _read(path: Path, name: str) -> pl.DataFrame:
    try:
        frame = pl.read_parquet(path, glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise CaseError(f"{path} cannot be read as a table of a case: {error}") from error
    for column, dtype in SCHEMAS[name].items():
        if column not in frame.columns:
            raise CaseError(f"{path} lacks the column {column!r}")
        if frame.schema[column] != dtype:
            raise CaseError(f"{path}: the column {column!r} is {frame.schema[column]}, not {dtype}")
    return frame


def _sorted(frame: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    plain = frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items())
    first = [name for name in ORDER if name in schema]
    keys = [pl.col(name) for name in first]
    if not plain.select(first).is_duplicated().any():
        return plain.sort(keys, nulls_last=True)  # every key more is a copy of its column
    for name, dtype in schema.items():
        if name not in first:
            column = pl.col(name)
            keys.append(column.list.join("\n") if dtype == pl.List(pl.String) else column)
    return plain.sort(keys, nulls_last=True, maintain_order=True)
