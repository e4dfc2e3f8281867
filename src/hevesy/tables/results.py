"""The tables of results that other programs rely on: findings, timeline, ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from hevesy.tables.table import TIME

__all__ = ["FINDINGS", "LEDGER", "SLICE", "TIMELINE", "Sliced", "SlicedTables", "Tables"]

SLICE = 1 << 15
"""Rows of a slice of a table; of a row group, where it is written."""

FINDINGS: dict[str, pl.DataType] = {
    "id": pl.String(),
    "server": pl.String(),
    "time": TIME,
    "stage": pl.String(),
    "outcome": pl.String(),
    "level": pl.String(),
    "rule_id": pl.String(),
    "rule_title": pl.String(),
    "rule_author": pl.String(),
    "rule_source": pl.String(),
    "vulnerability": pl.String(),
    "techniques": pl.List(pl.String()),
    "kind": pl.String(),
    "input": pl.String(),
    "source": pl.String(),
    "sha256": pl.String(),
    "line": pl.Int64(),
    "record": pl.Int64(),
    "offset": pl.Int64(),
    "raw": pl.String(),
    "why": pl.String(),
    "incident": pl.String(),
    "pivots": pl.List(pl.String()),
    "anchor": pl.Boolean(),
    "open_then": pl.String(),
    "open_why": pl.String(),
    "open_before": pl.String(),
    "open_after": pl.String(),
}
"""One row a record or file that matched a rule; `id` is that of the `Finding` it is part of.

`open_then` says whether the server was open to `vulnerability` at `time`: `yes`, `no`, `mitigated`,
`cannot_tell`; empty where the rule names none. `open_before` and `open_after` are the lines (build,
time, file, line) on which that rests.

`line`, `record`, `offset` as in `PROVENANCE`; `incident` is empty where the finding is unexplained.
"""

TIMELINE: dict[str, pl.DataType] = {
    "time": TIME,
    "server": pl.String(),
    "kind": pl.String(),
    "stage": pl.String(),
    "outcome": pl.String(),
    "text": pl.String(),
    "finding": pl.String(),
    "incident": pl.String(),
    "pivots": pl.List(pl.String()),
    "input": pl.String(),
    "source": pl.String(),
    "sha256": pl.String(),
    "line": pl.Int64(),
    "record": pl.Int64(),
    "raw": pl.String(),
}
"""One row a record that belongs to an incident, by time: findings, and what touched their pivots.

`stage`, `outcome` and `finding` are empty for a record that only touched a pivot.
"""

LEDGER: dict[str, pl.DataType] = {
    "server": pl.String(),
    "kind": pl.String(),
    "day": pl.Date(),
    "records": pl.Int64(),
    "first": TIME,
    "last": TIME,
    "sources": pl.Int64(),
}
"""One row a server, log kind (`windows:<channel>` for Windows events) and UTC day with records."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The three tables of one assessment, for reports, exports and the case folder."""

    findings: pl.DataFrame
    """Schema `FINDINGS`."""
    timeline: pl.DataFrame
    """Schema `TIMELINE`."""
    ledger: pl.DataFrame
    """Schema `LEDGER`."""


@dataclass(frozen=True, slots=True)
class Sliced:
    """A table that is made slice by slice while it is written, and is never in memory whole."""

    height: int
    slices: Callable[[], Iterator[pl.DataFrame]]
    """Its rows in their order, `SLICE` at a time; of no rows, one empty slice."""


@dataclass(frozen=True, slots=True)
class SlicedTables:
    """The three tables of an assessment that was just made; `Tables` are those of a case."""

    findings: Sliced
    """Schema `FINDINGS`."""
    timeline: Sliced
    """Schema `TIMELINE`."""
    ledger: pl.DataFrame
    """Schema `LEDGER`."""
