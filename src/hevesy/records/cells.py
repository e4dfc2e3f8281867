"""Rows of a text log -> their cells: plain rows at once, quoted and misaligned ones on longer ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

__all__ = ["Layout", "cells_of"]

_SURPLUS = 64
"""Separators too many that a row may have and still be realigned."""

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
    time: Callable[[pl.DataFrame], pl.Series]

    @property
    def separators(self) -> int:
        """Separators of a row without quotes."""
        return len(self.names) - 1


def cells_of(rows: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cells of rows under one header, as text.

    A row is read on the first of these ways that gives it as many cells as there are columns, a
    time, and values that fit: as it stands; with quotes as CSV has them; with doubled blanks taken
    for one; with the separators that are too many in one of the columns that may hold them.

    Args:
        rows: columns `line offset raw _version _date`.
        layout: of their header.

    Returns:
        Rows with `time` and a text column a header column, by line; and the damaged ones, with
        `line`, `raw`, `reason`.
    """
    if not layout.separators > 0:
        return _none(rows), _damaged(rows, layout)
    plain = _plain(rows, layout)
    good, odd = _sound(rows, plain, layout, layout.anchors)
    if odd.is_empty():
        return good, _damaged(odd, layout)
    parts = [good]
    for way in (_quoted, _collapsed, *_realigned(layout)):
        if odd.is_empty():
            break
        found, odd = _sound(odd, way(odd, layout), layout, {**layout.anchors, **layout.shapes})
        parts.append(found)
    whole = (
        pl.concat(part for part in parts if not part.is_empty()) if any(map(len, parts)) else good
    )
    return whole.sort("line"), _damaged(odd, layout)


def _sound(
    rows: pl.DataFrame, cells: pl.DataFrame, layout: Layout, proofs: Mapping[str, str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The cells that prove right, and the rows that are left."""
    if cells.is_empty():
        return cells, rows
    cells = cells.with_columns(layout.time(cells).alias("time"))
    fits = pl.col("time").is_not_null()
    for name, pattern in proofs.items():
        fits &= pl.col(name).str.contains(pattern)
    sound = cells.select(fits.alias("fits"))["fits"]
    if len(cells) == len(rows) and sound.all():
        return cells, rows.clear()
    good = cells.filter(sound)
    return good, rows.join(good.select("line"), on="line", how="anti", maintain_order="left")


def _plain(rows: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    raw = pl.col("raw")
    if layout.rest:
        return _split(rows, raw, layout)
    right = raw.str.count_matches(layout.separator, literal=True) == layout.separators
    if layout.separator == ",":
        right &= ~raw.str.contains('"', literal=True)
    return _split(rows.filter(right), raw, layout)


def _split(rows: pl.DataFrame, text: pl.Expr, layout: Layout) -> pl.DataFrame:
    """Cells of rows that have enough separators; rows that have too few are left out."""
    if rows.is_empty():
        return _none(rows)
    if layout.rest:
        split = text.str.splitn(layout.separator, len(layout.names))
    else:
        split = text.str.split_exact(layout.separator, layout.separators)
    cells = rows.select(split.alias("cells"))["cells"].struct.unnest()
    cells.columns = list(layout.names)
    whole = rows.select(_CONTEXT).hstack(cells)
    return whole.filter(pl.col(layout.names[-1]).is_not_null()) if layout.rest else whole


def _quoted(rows: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Cells of rows whose quotes stand as CSV wants them: around whole cells, doubled inside."""
    if layout.separator != ",":
        return _none(rows)
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
        return _none(rows)
    joined = rows["raw"].str.join("\n").item().encode()
    cells = pl.read_csv(
        joined,
        has_header=False,
        schema=dict.fromkeys(layout.names, pl.String),
        empty_string_is_null=False,
    )
    return rows.select(_CONTEXT).hstack(cells) if len(cells) == len(rows) else _none(rows)


def _collapsed(rows: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Cells of rows that are right once doubled blanks count as one: cells padded with a blank."""
    if layout.separator != " ":
        return _none(rows)
    text = pl.col("raw").str.replace_all(" {2,}", " ").str.strip_chars(" ")
    right = text.str.count_matches(" ", literal=True) == layout.separators
    return _split(rows.filter(right), text, layout)


def _realigned(
    layout: Layout,
) -> Iterator[Callable[[pl.DataFrame, Layout], pl.DataFrame]]:
    """One way for each column that may hold separators: those too many are taken for its own."""
    if layout.rest:
        return
    for name in layout.loose:
        yield lambda rows, layout, at=layout.names.index(name): _surplus_at(rows, layout, at)


def _surplus_at(rows: pl.DataFrame, layout: Layout, at: int) -> pl.DataFrame:
    """Cells of rows with too many separators, if those too many stand in the column `at`."""
    count = pl.col("raw").str.count_matches(layout.separator, literal=True).cast(pl.Int64)
    surplus = count - layout.separators
    rows = rows.filter(surplus.is_between(1, _SURPLUS))
    if rows.is_empty():
        return _none(rows)
    cells = rows.select(
        *_CONTEXT, _surplus=surplus, _cells=pl.col("raw").str.split(layout.separator)
    )
    parts = pl.col("_cells").list
    width = len(layout.names)
    return cells.select(
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


def _none(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(_CONTEXT).clear()


def _damaged(rows: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Damaged rows with what is wrong with them."""
    width = len(layout.names)
    if width <= 1:
        reason = pl.lit("its header is no list of columns")
    else:
        cells = pl.col("raw").str.count_matches(layout.separator, literal=True) + 1
        count = pl.format("{} cells for {} columns", cells, pl.lit(width))
        misfit = pl.lit("no time that can be read, or values that do not fit their columns")
        wrong = cells < width if layout.rest else cells != width
        reason = pl.when(wrong).then(count).otherwise(misfit)
    return rows.select("line", "raw", reason=reason)
