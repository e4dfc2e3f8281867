"""What a text log kind says of its lines, and the one reader that turns such logs into batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

import polars as pl

from hevesy.model import DamagedRow, Survey
from hevesy.records.batch import Batch
from hevesy.records.cells import Layout, cells_of
from hevesy.records.coverage import coverage
from hevesy.records.headers import Context, column_names, with_context
from hevesy.records.lines import SAMPLE_CHARS, SAMPLES, LineBlock, line_blocks
from hevesy.tables import PROVENANCE, Table

__all__ = ["TextLog", "parse_text_log", "short_name"]

_HEADERS_A_BLOCK = 64
"""Different column lists in one block that are read; hostile evidence could change them every row."""


@dataclass(frozen=True, slots=True)
class TextLog:
    """A text log kind: rows of cells under header lines."""

    kind: str
    table: Table
    separator: str
    """A blank (W3C) or a comma (Exchange)."""
    time: Callable[[pl.DataFrame], pl.Series]
    """Cells -> their time, UTC; null where it cannot be read."""
    bare: tuple[str, ...] = ()
    """First column names of a header line without `#Fields:`, lower case."""
    server: str = ""
    """Column that names the server."""
    empty: str = ""
    """How an empty cell is written, besides as nothing."""
    rest: tuple[str, ...] = ()
    """Columns that, standing last, take the rest of the row with its commas and quotes."""
    anchors: Mapping[str, str] = field(default_factory=dict)
    """Column -> regex that its cells fit, in every row."""
    shapes: Mapping[str, str] = field(default_factory=dict)
    """Column -> regex that proves a row whose cells had to be realigned."""
    loose: tuple[str, ...] = ()
    """Columns that may hold an unquoted separator, likeliest first."""
    prepare: Callable[[pl.DataFrame], pl.DataFrame] | None = None
    """Cells of every row -> the same with columns that the survey needs (`builds`)."""
    finish: Callable[[pl.DataFrame], pl.DataFrame] | None = None
    """Cells of the rows that are kept -> the same with derived columns."""
    settle: Callable[[], Callable[[pl.DataFrame], pl.DataFrame]] | None = None
    """Makes, once a source, what corrects times that depend on the rows before."""
    builds: Callable[[pl.DataFrame], pl.DataFrame] | None = None
    """Cells -> `build`, `origin`, `time`, `line` of the rows that carry a build number."""


@dataclass(slots=True)
class _Reading:
    """One source being read: what its lines so far have said."""

    log: TextLog
    literals: tuple[str, ...] | None
    context: Context = field(default_factory=Context)
    layouts: dict[str, Layout] = field(default_factory=dict)
    settle: Callable[[pl.DataFrame], pl.DataFrame] | None = None

    def layout(self, fields: str) -> Layout:
        """The layout of a column list."""
        if fields not in self.layouts:
            if len(self.layouts) > _HEADERS_A_BLOCK:
                self.layouts.clear()
            names = column_names(
                fields, self.log.separator, (column.name for column in self.log.table.columns)
            )
            self.layouts[fields] = Layout(
                names=names,
                separator=self.log.separator,
                rest=bool(names) and names[-1] in self.log.rest,
                anchors={k: v for k, v in self.log.anchors.items() if k in names},
                shapes={k: v for k, v in self.log.shapes.items() if k in names},
                loose=tuple(name for name in self.log.loose if name in names),
                time=self.log.time,
            )
        return self.layouts[fields]


def parse_text_log(
    log: TextLog, stream: BinaryIO, literals: tuple[str, ...] | None
) -> Iterator[Batch]:
    """Batches of a text log, one a block of lines; never raises for what the bytes are.

    Args:
        log: the kind.
        stream: the bytes, from their start.
        literals: with them, only rows that hold one (ASCII case is no matter) are in the frames; the
            surveys are the same but for `parsed` and `passed_over`. Empty: a survey alone.

    Yields:
        Batches in the order of the source, at least one.
    """
    reading = _Reading(log, None if literals and "" in literals else literals)
    reading.settle = log.settle() if log.settle else None
    seen = False
    for block in line_blocks(stream):
        seen = True
        yield _batch(reading, block)
    if not seen:
        yield Batch(log.table.name, _empty(), Survey())


def _batch(reading: _Reading, block: LineBlock) -> Batch:
    log = reading.log
    rows, reading.context = with_context(block.frame, reading.context, log.bare)
    good, bad, headers = _rows(reading, rows)
    kept = _kept(good, reading.literals)
    damaged = block.damaged + len(bad)
    survey = coverage(good, log.kind, log.builds)
    survey = Survey(
        size=block.size,
        rows=len(rows) + block.damaged,
        parsed=len(kept),
        passed_over=len(good) - len(kept),
        damaged=damaged,
        damaged_samples=_samples(bad, block.samples),
        first=survey.first,
        last=survey.last,
        days=survey.days,
        headers=headers,
        builds=survey.builds,
        names=survey.names,
        notes=_notes(bad),
    )
    return Batch(log.table.name, _finish(log, kept), survey)


def _rows(
    reading: _Reading, rows: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, tuple[str, ...]]:
    """Rows read and rows damaged, by the header that they stand under; and the headers."""
    if rows.is_empty():
        return _nothing(), pl.DataFrame(schema=_BAD), ()
    parts: list[pl.DataFrame] = []
    bad: list[pl.DataFrame] = []
    if rows["_fields"].null_count():
        before = rows.filter(pl.col("_fields").is_null())
        bad.append(_damaged(before, "no line before it says what its columns are"))
        rows = rows.filter(pl.col("_fields").is_not_null())
    headers = rows["_fields"].unique(maintain_order=True).to_list()
    for fields in headers[:_HEADERS_A_BLOCK]:
        under = rows if len(headers) == 1 else rows.filter(pl.col("_fields") == fields)
        good, worse = cells_of(under, reading.layout(fields))
        parts.append(good)
        bad.append(worse)
    if len(headers) > _HEADERS_A_BLOCK:
        beyond = rows.filter(~pl.col("_fields").is_in(headers[:_HEADERS_A_BLOCK]))
        bad.append(_damaged(beyond, "too many different column lists"))
    whole = pl.concat(parts, how="diagonal") if len(parts) > 1 else (parts or [_nothing()])[0]
    whole = _named(reading, whole.sort("line") if len(parts) > 1 else whole)
    return whole, pl.concat(bad).sort("line"), tuple(headers[:_HEADERS_A_BLOCK])


def _named(reading: _Reading, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with the server's short name, times settled, and what the survey needs."""
    log = reading.log
    if log.prepare:
        rows = log.prepare(rows)
    name = short_name(pl.col(log.server)) if log.server in rows.columns else pl.lit(None, pl.String)
    rows = rows.with_columns(server=name)
    return reading.settle(rows) if reading.settle else rows


def short_name(name: pl.Expr) -> pl.Expr:
    """Short upper-case form of a server's name: `mail01.contoso.example` -> `MAIL01`."""
    short = name.str.to_uppercase().str.extract(r"^\s*([^.\s]+)")
    address = name.str.contains(r"^[0-9.]+$")
    return pl.when(address).then(name).otherwise(short)


def _kept(rows: pl.DataFrame, literals: tuple[str, ...] | None) -> pl.DataFrame:
    if literals is None:
        return rows
    if not literals:
        return rows.clear()
    return rows.filter(pl.col("raw").str.contains_any(list(literals), ascii_case_insensitive=True))


def _finish(log: TextLog, rows: pl.DataFrame) -> pl.DataFrame:
    """Cells into values: empty ones null, known numbers numbers; provenance in front."""
    if rows.is_empty():
        return _empty()
    dtypes = log.table.dtypes()
    own = [name for name in rows.columns if name not in PROVENANCE and not name.startswith("_")]
    text = [name for name in own if rows.schema[name] == pl.String]
    rows = rows.with_columns(_value(name, log.empty, dtypes) for name in text)
    rows = rows.with_columns(record=pl.lit(None, pl.Int64))
    if log.finish:
        rows = log.finish(rows)
    own = [name for name in rows.columns if name not in PROVENANCE and not name.startswith("_")]
    return rows.select(*PROVENANCE, *own)


def _value(name: str, empty: str, dtypes: Mapping[str, pl.DataType]) -> pl.Expr:
    cell = pl.col(name)
    dtype = dtypes.get(name, pl.String())
    if dtype != pl.String():
        return cell.cast(dtype, strict=False)
    present = cell != ""
    return pl.when((present & (cell != empty)) if empty else present).then(cell).alias(name)


_BAD = {"line": pl.Int64(), "raw": pl.String(), "reason": pl.String()}


def _damaged(rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    return rows.select("line", "raw", reason=pl.lit(reason))


def _samples(bad: pl.DataFrame, before: tuple[DamagedRow, ...]) -> tuple[DamagedRow, ...]:
    rows = bad.head(SAMPLES).select("line", "reason", pl.col("raw").str.head(SAMPLE_CHARS))
    samples = [*before, *(DamagedRow(*row) for row in rows.iter_rows())]
    return tuple(sorted(samples, key=lambda row: row.line)[:SAMPLES])


def _notes(bad: pl.DataFrame) -> tuple[str, ...]:
    unheaded = bad.filter(pl.col("reason").str.starts_with("no line before"))
    if unheaded.is_empty():
        return ()
    return ("rows stand before any line that says what their columns are",)


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(
        schema=PROVENANCE | {"_version": pl.String(), "_date": pl.String(), "_fields": pl.String()}
    ).drop("server")


def _empty() -> pl.DataFrame:
    return pl.DataFrame(schema=PROVENANCE)
