"""What a text log kind says of its lines, and the one reader that turns such logs into batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from hevesy.records.batch import Batch, counted
from hevesy.records.cells import Layout, cells_of
from hevesy.records.coverage import coverage
from hevesy.records.headers import COLUMN_LISTS, Context, Section, column_names, sections
from hevesy.records.host_name import NAMELESS, host_names
from hevesy.records.lines import SAMPLES, LineBlock, sampled
from hevesy.tables import PROVENANCE, Table

__all__ = [
    "Reading",
    "Sift",
    "TextLog",
    "batch_of",
    "finished",
    "first_of",
    "layout_of",
    "named",
    "valued",
]


@dataclass(frozen=True, slots=True)
class Sift:
    """What ordinary rows of a log kind look like in its bytes, so that they can be passed over."""

    first: tuple[str, ...]
    """Columns of the time, which are the first."""
    time: str
    """How they are written: a `0` for each digit, everything else as it stands."""
    digits: Mapping[str, tuple[int, ...]]
    """Columns of digits -> how many there may be. All of `TextLog.anchors` are among them."""
    constant: tuple[str, ...] = ()
    """Columns that hold the same in all rows of a log: a row with something else is read."""
    shown: tuple[str, ...] = ()
    """Columns that `TextLog.witness` looks at."""
    always: tuple[str, ...] = ()
    """Text with which a row is read, whoever wants it."""
    others: tuple[str, ...] = ()
    """Columns that tell of another server, its name first: what they say is kept, row or no row."""


@dataclass(frozen=True, slots=True)
class TextLog:
    """A text log kind: rows of cells under header lines."""

    kind: str
    table: Table
    separator: str
    """A blank (W3C) or a comma (Exchange)."""
    time: Callable[[tuple[str, ...]], pl.Expr | None]
    """Names of columns -> the text of a row's time; None where no column tells it."""
    usual: str = "%Y-%m-%dT%H:%M:%S%.fZ"
    """How nearly all times are written, as `strptime` has it."""
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
    builds: Callable[[pl.LazyFrame], pl.LazyFrame] | None = None
    """Cells -> `_place build origin time line` of the rows that carry a build number."""

    witness: Callable[[Sequence[str]], pl.Expr | None] | None = None
    """Names of columns -> which rows say what the server is; the first is never passed over."""
    sift: Sift | None = None
    """How its ordinary rows are told from their bytes; None where all rows are read."""

    @property
    def bare_starts(self) -> tuple[str, ...]:
        """What a header line without `#Fields:` begins with, lower case."""
        return tuple(f"{name}," for name in self.bare)


def first_of(*columns: str) -> Callable[[tuple[str, ...]], pl.Expr | None]:
    """What `TextLog.time` is for a log whose time is one column: the first of these it has."""

    def when(names: tuple[str, ...]) -> pl.Expr | None:
        return next((pl.col(column) for column in columns if column in names), None)

    return when


@dataclass(slots=True)
class Reading:
    """One source being read: what its lines so far have said."""

    log: TextLog
    context: Context = field(default_factory=Context)
    layouts: dict[str, Layout] = field(default_factory=dict)
    settle: Callable[[pl.DataFrame], pl.DataFrame] | None = None

    def layout(self, fields: str) -> Layout:
        """The layout of a column list."""
        if fields not in self.layouts:
            if len(self.layouts) > COLUMN_LISTS:
                self.layouts.clear()
            self.layouts[fields] = layout_of(self.log, fields)
        return self.layouts[fields]


def layout_of(log: TextLog, fields: str) -> Layout:
    """The layout of rows under a column list."""
    names = column_names(fields, log.separator, (column.name for column in log.table.columns))
    return Layout(
        names=names,
        separator=log.separator,
        rest=bool(names) and names[-1] in log.rest,
        anchors={k: v for k, v in log.anchors.items() if k in names},
        shapes={k: v for k, v in log.shapes.items() if k in names},
        loose=tuple(name for name in log.loose if name in names),
        when=log.time(names),
        usual=log.usual,
    )


def batch_of(reading: Reading, block: LineBlock) -> Batch:
    """The rows of a block of lines; never raises for what they are."""
    log = reading.log
    parts, reading.context = sections(block.frame, reading.context, log.bare)
    good, bad = _rows(reading, parts)
    damaged = sum(map(len, bad)) + block.damaged
    samples = [*block.samples, *(sample for one in bad for sample in sampled(one.head(SAMPLES)))]
    survey = replace(
        coverage(good, log.kind, log.builds),
        size=block.size,
        rows=len(good) + damaged,
        parsed=len(good),
        damaged=damaged,
        damaged_samples=tuple(sorted(samples, key=lambda sample: sample.line)[:SAMPLES]),
        headers=tuple(part.fields for part in parts if part.fields is not None and len(part.rows)),
        notes=_notes(block, parts, good),
    )
    return Batch(log.table.name, finished(log, good), survey)


def _notes(block: LineBlock, parts: list[Section], good: pl.DataFrame) -> tuple[str, ...]:
    """What a reader of the ledger must know of these lines."""
    notes = []
    if any(part.fields is None and len(part.rows) for part in parts):
        notes.append("rows without a header line that says what their columns are")
    if block.frame["offset"].null_count():
        notes.append("UTF-16: rows have no byte offsets")
    if "log_time" in good.columns and "date" not in good.columns:
        notes.append("rows have no date: the day is that of the last `#Date:` line")
    if "_nameless" in good.columns and (count := int(good["_nameless"].sum())):
        notes.append(counted(NAMELESS, count))
    return tuple(notes)


def _rows(reading: Reading, parts: list[Section]) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Rows read, in order, and rows damaged, by the header that they stand under."""
    good: list[pl.DataFrame] = []
    bad: list[pl.DataFrame] = []
    for part in parts:
        if part.fields is None:
            bad.append(part.rows.with_columns(reason=pl.lit(part.reason)))
        elif not part.rows.is_empty():
            found, damage = cells_of(part.rows, reading.layout(part.fields))
            bad.append(damage)
            if not found.is_empty():
                good.append(found)
    if len(good) > 1:
        good = [pl.concat(good, how="diagonal").sort("line")]
    rows = good[0] if good else pl.DataFrame()
    if rows.is_empty():
        return rows, bad
    rows = named(reading.log, rows)
    return reading.settle(rows) if reading.settle else rows, bad


def named(log: TextLog, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with the server's short name, whether theirs is none, and what the survey needs."""
    if log.prepare:
        rows = log.prepare(rows)
    if log.server not in rows.columns:
        return rows.with_columns(server=pl.lit(None, pl.String))
    names = host_names(rows[log.server])
    return rows.with_columns(names["server"], names["nameless"].alias("_nameless"))


def finished(log: TextLog, rows: pl.DataFrame) -> pl.DataFrame:
    """Cells into values: empty ones null, known numbers numbers; provenance in front."""
    if rows.is_empty():
        return pl.DataFrame(schema=PROVENANCE)
    rows = valued(log, rows).with_columns(record=pl.lit(None, pl.Int64))
    if log.finish:
        rows = log.finish(rows)
    own = [name for name in rows.columns if name not in PROVENANCE and not name.startswith("_")]
    return rows.select(*PROVENANCE, *own)


def valued(log: TextLog, rows: pl.DataFrame) -> pl.DataFrame:
    """Cells as values: empty ones null, known numbers numbers."""
    dtypes = log.table.dtypes()
    own = [name for name in rows.columns if name not in PROVENANCE and not name.startswith("_")]
    return rows.with_columns(_value(name, log.empty, dtypes) for name in own)


def _value(name: str, empty: str, dtypes: Mapping[str, pl.DataType]) -> pl.Expr:
    """A cell's value. What stands for a number and is none becomes null; `raw` still shows it."""
    cell = pl.col(name)
    dtype = dtypes.get(name, pl.String())
    if dtype != pl.String():
        return cell.cast(dtype, strict=False)
    present = cell != ""
    return pl.when((present & (cell != empty)) if empty else present).then(cell).alias(name)
