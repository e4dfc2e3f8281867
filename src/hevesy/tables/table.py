"""The nouns `Column`, `Table` and `Kind`: what a record table is, and which log kind fills it."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

__all__ = ["PROVENANCE", "TIME", "Column", "Kind", "LogSource", "Table"]

TIME = pl.Datetime("us", "UTC")
"""Every time in every table: microseconds, UTC."""

PROVENANCE: dict[str, pl.DataType] = {
    "time": TIME,
    "server": pl.String(),
    "line": pl.Int64(),
    "record": pl.Int64(),
    "offset": pl.Int64(),
    "raw": pl.String(),
}
"""Columns of every frame of every table, in front of the log's own.

`time` is null where a row has none. `server` is the short upper-case name that the row itself
carries, null where it carries none. `line` (1-based) and `offset` (bytes, of the line's first byte
in the uncompressed source) are null for event logs. `record` (event record id, for JSON lines the
line number) is null for text logs. `raw` is the row as it stands, with bad bytes escaped.
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that hevesy knows; columns it does not know travel along as text."""

    name: str
    dtype: pl.DataType
    meaning: str
    pivot: str = ""
    """Type of pivot its values are: `ip`, `page`, `request`, `account`, `process`, `file`."""


@dataclass(frozen=True, slots=True)
class LogSource:
    """A Sigma log source that a table answers to; None matches only where the rule names none."""

    product: str | None = None
    category: str | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Records of one kind, as columns."""

    name: str
    title: str
    columns: tuple[Column, ...]
    logsources: tuple[LogSource, ...]
    fields: tuple[tuple[str, str | tuple[str, ...]], ...] = ()
    """Sigma field -> column, or a concatenation of columns and `'literals'` (see `iis`)."""

    def dtypes(self) -> dict[str, pl.DataType]:
        """Data types of the known columns, provenance included."""
        return PROVENANCE | {column.name: column.dtype for column in self.columns}


@dataclass(frozen=True, slots=True)
class Kind:
    """A log kind: how it is called, which table it fills, what it would show."""

    name: str
    title: str
    table: str
    """Empty for files, which are scanned and not parsed."""
    shows: str
    """What it would have shown, in words, for the ledger."""
    exchange: bool = False
    """Whether its mere presence shows that the server runs Exchange."""
