"""Rows of a text log -> cells: plain rows at once, quoted and misaligned ones on longer ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import polars as pl

from hevesy.records.clock import repaired, usual_time

__all__ = ["Layout", "cells_of"]

_SURPLUS = 64
"""Separators too many that a row may have and still be realigned."""

Way = Callable[[pl.DataFrame, "Layout"], "pl.LazyFrame | None"]
"""Reads the cells of rows, of all or of those that it can read."""

_CONTEXT = ("line", "offset", "raw", "_version", "_date")


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of the rows under one header, and how a row proves to fit them."""

    names: tuple[str, ...]
    separator: str
    rest: bool
    """Whether the last column takes the rest of the row."""
    anchors: Mapping[str, str]
    shapes: Mapping[str, str]
    loose: tuple[str, ...]
    when: pl.Expr | None
    """Cells -> the text of their time; None where no column tells it."""
    usual: str
    """How nearly all times are written, as `strptime` has it."""

    @property
    def separators(self) -> int:
        """Separators of a row without quotes."""
        return len(self.names) - 1


def cells_of(rows: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cells of rows under one header, as text.

    A row is read on the first of these ways that gives it as many cells as there are columns, a
    time, and values that fit: as it stands; with quotes as CSV has them; with quotes that mean
    nothing; with doubled blanks taken for one; with the separators that are too many in one of
    the columns that may hold them.

    Args:
        rows: columns `line offset raw _version _date`.
        layout: of their header.

    Returns:
        Rows with `time` and a text column a header column, by line; and the damaged ones, as
        `line`, `raw` and `reason`, by line.
    """
    if layout.when is None:
        return rows.clear(), _damaged(rows, layout)
    good, odd = _sound(rows, _plain(rows, layout), layout, layout.anchors)
    if odd.is_empty():
        return good, _damaged(odd, layout)
    enough = pl.col("raw").str.count_matches(layout.separator, literal=True) >= layout.separators
    short = odd.filter(~enough)
    odd = odd if short.is_empty() else odd.filter(enough)
    parts = [good]
    for way in (_quoted, _as_it_stands, _collapsed, *_realigned(layout)):
        cells = None if odd.is_empty() else way(odd, layout)
        if cells is not None:
            more, odd = _sound(odd, cells, layout, {**layout.anchors, **layout.shapes})
            parts.append(more)
    found = [part for part in parts if not part.is_empty()] or parts[:1]
    whole = pl.concat(found).sort("line") if len(found) > 1 else found[0]
    return whole, _damaged(pl.concat([short, odd]).sort("line"), layout)


def _sound(
    rows: pl.DataFrame, found: pl.LazyFrame, layout: Layout, proofs: Mapping[str, str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The cells that prove right, with their time; and the rows that are left."""
    fits = pl.lit(value=True)
    for name, pattern in proofs.items():
        fits &= pl.col(name).str.contains(pattern)
    cells = repaired(
        found.with_columns(_when=layout.when)
        .with_columns(time=usual_time(pl.col("_when"), layout.usual), _fits=fits)
        .collect()
    )
    all_fit = cells["_fits"].all() and not cells["time"].null_count()
    if all_fit and len(cells) == len(rows):
        return cells.drop("_when", "_fits"), rows.clear()
    good = cells.filter(pl.col("_fits") & pl.col("time").is_not_null()).drop("_when", "_fits")
    return good, rows.join(good.select("line"), on="line", how="anti", maintain_order="left")


def _plain(rows: pl.DataFrame, layout: Layout) -> pl.LazyFrame:
    raw = pl.col("raw")
    if layout.rest:
        return _split(rows.lazy(), raw, layout)
    right = raw.str.count_matches(layout.separator, literal=True) == layout.separators
    if layout.separator == ",":
        right &= ~raw.str.contains('"', literal=True)
    return _split(rows.lazy().filter(right), raw, layout)


def _split(rows: pl.LazyFrame, text: pl.Expr, layout: Layout) -> pl.LazyFrame:
    """Cells of rows that have enough separators; a last column may take the rest of the row."""
    if layout.rest:
        split = text.str.splitn(layout.separator, len(layout.names))
    else:
        split = text.str.split_exact(layout.separator, layout.separators)
    cells = rows.select(
        *_CONTEXT, split.struct.rename_fields(list(layout.names)).alias("_cells")
    ).unnest("_cells")
    return cells.filter(pl.col(layout.names[-1]).is_not_null()) if layout.rest else cells


def _quoted(rows: pl.DataFrame, layout: Layout) -> pl.LazyFrame | None:
    """Cells of rows whose quotes stand as CSV wants them: around whole cells, doubled inside."""
    if layout.separator != ",":
        return None
    raw = pl.col("raw")
    marked = raw.str.replace_all(r'(^|,)"(?:[^"]|"")*"', "${1}\x01")
    clean = (
        raw.str.contains('"', literal=True)
        & ~raw.str.contains("\x01", literal=True)
        & ~marked.str.contains('"|[^,]\x01|\x01[^,]')
        & (marked.str.count_matches(",", literal=True) == layout.separators)
    )
    rows = rows.filter(clean)
    if rows.is_empty():
        return None
    joined = rows["raw"].str.join("\n").item().encode()
    cells = pl.read_csv(
        joined,
        has_header=False,
        schema=dict.fromkeys(layout.names, pl.String),
        empty_string_is_null=False,
    )
    return rows.select(_CONTEXT).hstack(cells).lazy() if len(cells) == len(rows) else None


def _as_it_stands(rows: pl.DataFrame, layout: Layout) -> pl.LazyFrame | None:
    """Cells of rows with the right number of commas and a quote that opens or closes nothing."""
    if layout.separator != ",":
        return None
    right = pl.col("raw").str.count_matches(",", literal=True) == layout.separators
    return _split(rows.lazy().filter(right), pl.col("raw"), layout)


def _collapsed(rows: pl.DataFrame, layout: Layout) -> pl.LazyFrame | None:
    """Cells of rows that are right once doubled blanks count as one: cells padded with a blank."""
    if layout.separator != " ":
        return None
    text = pl.col("raw").str.replace_all(" {2,}", " ").str.strip_chars(" ")
    right = text.str.count_matches(" ", literal=True) == layout.separators
    return _split(rows.lazy().filter(right), text, layout)


def _realigned(layout: Layout) -> Iterator[Way]:
    """One way for each column that may hold separators: those too many are taken for its own."""
    if not layout.rest:
        for name in layout.loose:
            yield partial(_surplus_at, at=layout.names.index(name))


def _surplus_at(rows: pl.DataFrame, layout: Layout, *, at: int) -> pl.LazyFrame:
    """Cells of rows with too many separators, if those too many stand in the column `at`."""
    count = pl.col("raw").str.count_matches(layout.separator, literal=True).cast(pl.Int64)
    surplus = count - layout.separators
    parts = pl.col("_cells").list
    width = len(layout.names)
    return (
        rows.lazy()
        .filter(surplus.is_between(1, _SURPLUS))
        .select(*_CONTEXT, _surplus=surplus, _cells=pl.col("raw").str.split(layout.separator))
        .select(
            *_CONTEXT,
            *(parts.get(i, null_on_oob=True).alias(layout.names[i]) for i in range(at)),
            parts.slice(at, pl.col("_surplus") + 1)
            .list.join(layout.separator)
            .str.strip_chars(" ")
            .alias(layout.names[at]),
            *(
                parts.get(i - width, null_on_oob=True).alias(layout.names[i])
                for i in range(at + 1, width)
            ),
        )
    )


def _damaged(rows: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Rows that could not be read, with what is wrong with them."""
    width = len(layout.names)
    cells = pl.col("raw").str.count_matches(layout.separator, literal=True) + 1
    wrong = cells < width if layout.rest else cells != width
    misfit = "no time that can be read, or values that do not fit their columns"
    reason = (
        pl.when(wrong)
        .then(pl.format("{} cells for {} columns", cells, pl.lit(width)))
        .otherwise(pl.lit(misfit))
    )
    if layout.when is None:
        reason = pl.lit("its header names no time, or is no list of columns")
    return rows.select("line", "raw", reason=reason)
