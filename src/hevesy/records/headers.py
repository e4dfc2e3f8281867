"""Header lines of text logs: which columns the rows below them have, under which names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from hevesy.tables import PROVENANCE

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "BLANK",
    "COLUMN_LIMIT",
    "COLUMN_LISTS",
    "Context",
    "Section",
    "after_comment",
    "column_names",
    "sections",
]

COLUMN_LIMIT = 1000
"""Columns of the widest header that is taken for one; real ones have up to about 110."""

COLUMN_LISTS = 64
"""Different column lists in one block that are read; hostile evidence changes them every row."""

BLANK = (
    "".join(map(chr, (*range(9, 14), 32, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B))))
    + "\u2028\u2029\u202f\u205f\u3000"
)
"""What is blank to polars (Unicode's `White_Space`); Python's `strip` takes more for it."""

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


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under one column list."""

    fields: str | None
    """None where there is none that can be used."""
    rows: pl.DataFrame
    reason: str = "no header line before it says what its columns are"
    """Why there is none."""


def sections(
    lines: pl.DataFrame, before: Context, bare: tuple[str, ...]
) -> tuple[list[Section], Context]:
    """Data rows, by the column list that holds for them.

    Comment lines (`#`) and repeated headers are no data and are gone. A header may also stand
    without `#Fields:`, as the first line of a file does in most Exchange logs.

    Args:
        lines: columns `line offset raw`.
        before: what held at the end of the block before.
        bare: first column names of a header line without `#Fields:`, lower case.

    Returns:
        Rows by column list; they also have `_version` and `_date`, of the `#` lines before them.
        And what holds after the last line.
    """
    raw = pl.col("raw")
    is_comment = raw.str.starts_with("#")
    is_bare = pl.any_horizontal(
        pl.lit(value=False),
        *(raw.str.head(len(name) + 1).str.to_lowercase() == f"{name}," for name in bare),
    )
    if not lines.select((is_comment | is_bare).any()).item():
        return [Section(before.fields, lines.with_columns(**_constant(before)))], before
    after = (
        lines.lazy()
        .with_columns(_comment=is_comment, _bare=is_bare)
        .with_columns(
            _fields=pl.when("_bare").then(raw).otherwise(_value(_FIELDS)),
            _version=_value(_VERSION),
            _date=_value(_DATE),
        )
        .with_columns(
            pl.col(name).forward_fill().fill_null(text) for name, text in _constant(before).items()
        )
        .collect()
    )
    context = Context(*after.select("_fields", "_version", "_date").row(-1))
    rows = after.filter(~pl.col("_comment") & ~pl.col("_bare")).drop("_comment", "_bare")
    found = rows["_fields"].unique(maintain_order=True).to_list()
    if len(found) == 1:
        return [Section(found[0], rows)], context
    first, others = found[:COLUMN_LISTS], found[COLUMN_LISTS:]
    parts = [Section(fields, rows.filter(pl.col("_fields").eq_missing(fields))) for fields in first]
    if others:
        beyond = rows.filter(~pl.col("_fields").is_in(first, nulls_equal=True))
        parts.append(Section(None, beyond, "too many different column lists"))
    return parts, context


def _constant(context: Context) -> dict[str, pl.Expr]:
    return {
        "_fields": pl.lit(context.fields, pl.String),
        "_version": pl.lit(context.version, pl.String),
        "_date": pl.lit(context.date, pl.String),
    }


def _value(directive: str) -> pl.Expr:
    """What follows a directive at the line's start, null on every other line."""
    raw = pl.col("raw")
    is_it = pl.col("_comment") & (
        raw.str.head(len(directive)).str.to_lowercase() == directive.lower()
    )
    return pl.when(is_it).then(raw.str.slice(len(directive)).str.strip_chars())


def after_comment(before: Context, line: str) -> Context:
    """What holds after a line that begins with `#`, as `sections` has it."""
    for name, directive in (("fields", _FIELDS), ("version", _VERSION), ("date", _DATE)):
        if line[: len(directive)].lower() == directive.lower():
            return replace(before, **{name: line[len(directive) :].strip(BLANK)})
    return before


def column_names(fields: str, separator: str, canonical: Iterable[str]) -> tuple[str, ...]:
    """Column names of a header, each once, in order.

    Args:
        fields: the column list: `date time s-ip` or `DateTime,RequestId`.
        separator: a blank or a comma.
        canonical: the names that the table knows; a name that differs in case alone becomes one.

    Returns:
        The names. A column without a name is called by its position (`column_22`), a second one
        of the same name gets `_2`, one called like a column of ours (`server`, `_x`) gets `log_`.
        Empty where the header is too wide to be one.
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
        if name.lower() in PROVENANCE or name.startswith("_"):
            name = f"log_{name}"
        base, count = name, 1
        while name.lower() in taken:
            count += 1
            name = f"{base}_{count}"
        taken.add(name.lower())
        names.append(name)
    return tuple(names)
