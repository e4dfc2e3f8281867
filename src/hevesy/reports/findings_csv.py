"""The CSV report: one row a record that matched a rule, safe to open in a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from hevesy.reports.escaping import FORMULA_STARTS, hidden_characters

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

__all__ = ["write_csv"]

RUN = f"^\\s*[{FORMULA_STARTS.replace('-', '').replace('+', '')}+\\-]"
"""A cell that a spreadsheet runs; blanks before the sign do not keep every one from it."""


def write_csv(findings: pl.DataFrame, file: Path | IO[bytes] | None = None) -> str | None:
    """Write findings as CSV: UTF-8, cells quoted, rows end in a line feed, times in ISO 8601.

    A cell that a spreadsheet would run gets an apostrophe before it (CWE-1236); control and
    bidirectional characters are shown as escapes, so that a row is a line.

    Args:
        findings: Columns of `hevesy.tables.FINDINGS`.
        file: Where to, for millions of rows; None: the text is returned.
    """
    safe = findings.select(_safe(name, dtype) for name, dtype in findings.schema.items())
    return safe.write_csv(file, quote_style="always", null_value="")


def _safe(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        return column.dt.to_string("%Y-%m-%dT%H:%M:%S%.6fZ")
    if isinstance(dtype, pl.List):
        column = column.list.join(" ")
    elif dtype != pl.String:
        return column
    hidden = hidden_characters()
    shown = column.str.replace_many(list(hidden), list(hidden.values()))
    return pl.when(column.str.contains(RUN)).then(pl.lit("'") + shown).otherwise(shown).alias(name)
