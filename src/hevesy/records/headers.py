"""Header lines of text logs: which columns the rows below them have, under which names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from hevesy.tables import PROVENANCE

__all__ = ["COLUMN_LIMIT", "Context", "column_names", "with_context"]

COLUMN_LIMIT = 1000
"""Columns of the widest header that is taken for one; real ones have up to about 110."""

_FIELDS = "#Fields:"
_VERSION = "#Version:"
_DATE = "#Date:"


@dataclass(frozen=True, slots=True)
class Context:
    """What the header lines so far say of the rows that follow."""

    fields: str | None = None
    """Text of the column list, without `#Fields:`; None before the first."""
    version: str | None = None
    date: str | None = None


def with_context(
    lines: pl.DataFrame, before: Context, bare: tuple[str, ...]
) -> tuple[pl.DataFrame, Context]:
    """Data rows with the header lines that hold for them, as columns `_fields _version _date`.

    Comment lines (`#`) and repeated headers are no data and are gone. A header may also stand
    without `#Fields:`, as the first line of a file does in most Exchange logs.

    Args:
        lines: columns `line offset raw`.
        before: what held at the end of the block before.
        bare: first column names of a header line without `#Fields:`, lower case.

    Returns:
        The data rows, and what holds after the last line.
    """
    raw = pl.col("raw")
    is_bare = pl.lit(value=False)
    for name in bare:
        is_bare |= raw.str.head(len(name) + 1).str.to_lowercase() == f"{name},"
    is_comment = raw.str.starts_with("#")
    marks = lines.select(comment=is_comment, bare=is_bare)
    if not (marks["comment"].any() or marks["bare"].any()):
        return _constant(lines, before), before
    after = lines.hstack(marks).with_columns(
        _fields=pl.when("bare").then(raw).otherwise(_value(_FIELDS)),
        _version=_value(_VERSION),
        _date=_value(_DATE),
    )
    after = after.with_columns(
        pl.col("_fields").forward_fill().fill_null(pl.lit(before.fields, pl.String)),
        pl.col("_version").forward_fill().fill_null(pl.lit(before.version, pl.String)),
        pl.col("_date").forward_fill().fill_null(pl.lit(before.date, pl.String)),
    )
    last = after.select("_fields", "_version", "_date").row(-1)
    return after.filter(~pl.col("comment") & ~pl.col("bare")).drop("comment", "bare"), Context(
        *last
    )


def _constant(lines: pl.DataFrame, context: Context) -> pl.DataFrame:
    return lines.with_columns(
        _fields=pl.lit(context.fields, pl.String),
        _version=pl.lit(context.version, pl.String),
        _date=pl.lit(context.date, pl.String),
    )


def _value(directive: str) -> pl.Expr:
    """What follows a directive at the line's start, null on every other line."""
    raw = pl.col("raw")
    is_it = pl.col("comment") & (
        raw.str.head(len(directive)).str.to_lowercase() == directive.lower()
    )
    return pl.when(is_it).then(raw.str.slice(len(directive)).str.strip_chars())


def column_names(fields: str, separator: str, canonical: Iterable[str]) -> tuple[str, ...]:
    """Column names of a header, each once, in order.

    Args:
        fields: the column list: `date time s-ip` or `DateTime,RequestId`.
        separator: a blank or a comma.
        canonical: the names that the table knows; a name that differs in case alone becomes one.

    Returns:
        The names. A column without a name is called by its position (`column_22`), a second one
        of the same name gets `_2`, one called like a column of ours (`server`) gets `log_`. Empty
        where the header is too wide to be one.
    """
    cells = fields.split() if separator == " " else fields.split(separator)
    if len(cells) > COLUMN_LIMIT:
        return ()
    known = {name.lower(): name for name in canonical}
    taken: set[str] = set(PROVENANCE)
    names: list[str] = []
    for position, cell in enumerate(cells, start=1):
        name = cell.strip().strip('"')
        name = known.get(name.lower(), name) or f"column_{position}"
        if name.lower() in PROVENANCE:
            name = f"log_{name}"
        base, count = name, 1
        while name.lower() in taken:
            count += 1
            name = f"{base}_{count}"
        taken.add(name.lower())
        names.append(name)
    return tuple(names)
